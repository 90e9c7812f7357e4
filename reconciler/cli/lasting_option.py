"""Options ``--for``, ``--until`` and ``--reason`` of overrides."""

from collections.abc import Callable
from typing import Any

import click

from reconciler.cli.duration_option import DURATION
from reconciler.cli.reason_option import REASON
from reconciler.cli.time_option import FUTURE
from reconciler.model.errors import SettingError
from reconciler.operations.override_change import LONGEST_SECONDS, Lasting


def lasting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* ``--for``, ``--until`` and ``--reason``."""
    options = (
        click.option(
            "--for", "seconds", type=DURATION, help="End after this time, such as 5m."
        ),
        click.option(
            "--until",
            type=FUTURE,
            metavar="TIME",
            help="End at this time, such as 18:00.",
        ),
        click.option(
            "--reason", type=REASON, help="Reason, recorded with the override."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def lasting(seconds: float | None, until: float | None, reason: str | None) -> Lasting:
    """The options checked: an end that is to come, given once at most."""
    if seconds is not None and until is not None:
        raise click.UsageError("give --for or --until, not both")
    if seconds is not None and seconds <= 0:
        raise SettingError(
            "--for: the time of an override must be more than 0: write --for 30m"
        )
    if seconds is not None and seconds > LONGEST_SECONDS:
        raise SettingError(
            "--for: an override lasts 10 years at most; leave out --for if it has no end"
        )
    return Lasting(seconds, until, reason or "")
