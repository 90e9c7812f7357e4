"""``--target ROOM[/LABEL]``: limits a command to rooms or members."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def target_option(command: Command) -> Command:
    """The option, which may be given several times."""
    return click.option(
        "--target",
        "target",
        multiple=True,
        metavar="ROOM[/LABEL]",
        help=(
            "Limit to this room or member; mutes and holds of a room are always "
            "applied."
        ),
    )(command)
