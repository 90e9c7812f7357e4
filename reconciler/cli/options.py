"""The options that every command takes, before or after its name."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
from msgspec import Struct

Command = TypeVar("Command", bound=click.Command)


class Options(Struct):
    """What was given; None where the environment decides."""

    output: str = "text"
    color: bool = False
    database_url: str | None = None
    twilio_url: str | None = None
    accounts: str | None = None
    account: str | None = None
    verbosity: int = 0
    utc: bool = False
    no_input: bool = False
    numbers: bool = False

    @property
    def json(self) -> bool:
        """Whether data is wanted as JSON."""
        return self.output == "json"


def current() -> Options:
    """The options of the running command."""
    options: Options = click.get_current_context().find_root().obj
    return options


def default_color() -> bool:
    """Color on a terminal, unless NO_COLOR is set or TERM is dumb."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(sys.stdout)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether *stream* is a terminal; None is a stream that was closed before."""
    return stream is not None and stream.isatty()


_EVERYWHERE = {"--help", "--version"}


class GlobalOption(click.Option):
    """An option of every command, in a section of its own in help."""


def write_options(
    command: click.Command, context: click.Context, formatter: click.HelpFormatter
) -> None:
    """A command's own options, then those of every command."""
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is not None and isinstance(param, click.Option):
            everywhere = isinstance(param, GlobalOption) or _EVERYWHERE & {*param.opts}
            (shared if everywhere else own).append(record)
    for title, records in (("Options", own), ("Global options", shared)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def common() -> list[click.Option]:
    """Fresh options to be put beside a command's own."""
    return [
        _option(
            "--env-file",
            _env_file,
            metavar="FILE",
            type=click.Path(path_type=Path),
            is_eager=True,
            help="Read environment variables from FILE; those that are set win.",
        ),
        _option("--database-url", _set("database_url"), metavar="URL", help=_DATABASE),
        _option("--twilio-url", _set("twilio_url"), metavar="URL", help=_TWILIO),
        _option("--accounts", _set("accounts"), metavar="FILE", help=_ACCOUNTS),
        _option("--account", _set("account"), metavar="NAME", help=_ACCOUNT),
        _output("text", "json"),
        _option(
            "--color",
            _color,
            type=click.Choice(["auto", "always", "never"]),
            help="Color in text output (auto: on a terminal, unless NO_COLOR is set).",
        ),
        _option(
            "--utc",
            _set("utc"),
            is_flag=True,
            default=None,
            help="Show times in UTC, not in this machine's time zone.",
        ),
        _option(
            "--no-input",
            _set("no_input"),
            is_flag=True,
            default=None,
            help="Never ask: a command that needs an answer ends with an error.",
        ),
        _option("-q/-v", _verbosity, flags=True, help="Decrease / increase verbosity."),
    ]


def output_option(*more: str) -> Callable[[Command], Command]:
    """``--output`` of a command that prints *more* formats than text and JSON."""

    def add(command: Command) -> Command:
        command.params.append(_output("text", "json", *more))
        return command

    return add


def _output(*formats: str) -> click.Option:
    return _option(
        "--output",
        _set("output"),
        type=click.Choice(formats),
        help="Format of standard output.",
    )


_DATABASE = "Database of rosters and history (RECONCILER_DATABASE_URL)."
_ACCOUNTS = "File of accounts by name (RECONCILER_ACCOUNTS)."
_ACCOUNT = "Only the rooms of this account of the accounts file."
_TWILIO = "Base URL of Twilio or a compatible API (RECONCILER_TWILIO_URL)."

_Callback = Callable[[click.Context, click.Parameter, Any], None]


def _option(
    name: str, callback: _Callback, *, flags: bool = False, **rest: Any
) -> click.Option:
    names = ["-q/-v", "quiet"] if flags else [name]
    if flags:
        rest |= {"is_flag": True, "default": None}
    return GlobalOption(names, callback=callback, expose_value=False, **rest)


def _set(field: str) -> _Callback:
    def keep(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            setattr(_options(context), field, value)

    return keep


def _env_file(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    """Set variables before any option reads its own."""
    if value is None or context.resilient_parsing:
        return
    from reconciler.bootstrap.env_file import missing, read_env_file  # noqa: PLC0415 - seldom

    found = read_env_file(value)
    os.environ.update(missing(found, os.environ))


def _color(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        _options(context).color = {
            "always": True,
            "never": False,
            "auto": default_color(),
        }[value]


def _verbosity(context: click.Context, _: click.Parameter, value: bool | None) -> None:
    if value is not None:
        _options(context).verbosity = -1 if value else 1


def _options(context: click.Context) -> Options:
    root = context.find_root()
    if root.obj is None:
        root.obj = Options(color=default_color())
    options: Options = root.obj
    return options
