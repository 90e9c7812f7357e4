"""JSON on standard output: each time beside its seconds as RFC 3339."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from reconciler.model.json_times import with_times

Command = TypeVar("Command", bound=Callable[..., Any])


def print_json(data: Mapping[str, Any]) -> None:
    """Print *data* as one line."""
    click.echo(json.dumps(with_times(data)))


def numbers_option(command: Command) -> Command:
    """``--show-numbers``: phone numbers of members in JSON as they are."""

    def keep(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.find_root().obj.numbers = True

    return click.option(
        "--show-numbers",
        is_flag=True,
        expose_value=False,
        callback=keep,
        help="With --output json, show the phone numbers of members.",
    )(command)
