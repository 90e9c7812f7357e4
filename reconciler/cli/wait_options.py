"""Options ``--timeout`` and ``--no-wait`` of the commands that converge rooms."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconciler.cli.duration_option import DURATION

Command = TypeVar("Command", bound=Callable[..., Any])


def wait_options(command: Command) -> Command:
    """Give *command* ``timeout``, in seconds, and ``no_wait``."""
    timeout = click.option(
        "--timeout",
        type=DURATION,
        default="2m",
        show_default=True,
        help="How long to wait for the rooms to converge.",
    )
    once = click.option("--no-wait", is_flag=True, help="Run a single pass and exit.")
    return timeout(once(command))
