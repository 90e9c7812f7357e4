"""The commands of ``reconciler simulate`` that talk to a simulator that runs."""

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.json_output import print_json
from reconciler.cli.options import current

if TYPE_CHECKING:
    from reconciler.simulator.control_client import ControlClient

DEFAULT_URL: Final = "http://127.0.0.1:8700"
_FLAGS: Final[Mapping[str, tuple[Mapping[str, bool], str]]] = {
    "mute": ({"muted": True}, "Mute a participant, as somebody else would."),
    "unmute": ({"muted": False}, "Unmute a participant, as somebody else would."),
    "hold": ({"hold": True}, "Put a participant on hold, as somebody else would."),
    "unhold": ({"hold": False}, "Take a participant off hold, as somebody else would."),
}


class _Absent(click.ClickException):
    exit_code = 69


class _Refused(click.ClickException):
    exit_code = 1


def _url() -> str:
    given = current().twilio_url or os.environ.get("RECONCILER_TWILIO_URL")
    return given or DEFAULT_URL


@contextmanager
def _simulator() -> Iterator["ControlClient"]:
    """The simulator at --twilio-url, RECONCILER_TWILIO_URL or the default address."""
    from reconciler.simulator.control_client import (  # noqa: PLC0415 - slow to import
        ControlClient,
        ControlError,
        SimulatorAbsent,
    )

    try:
        with ControlClient(_url()) as client:
            yield client
    except SimulatorAbsent as error:
        raise _Absent(f"{error}. To start one: reconciler simulate") from error
    except LookupError as error:
        raise _Refused(str(error.args[0])) from error
    except ControlError as error:
        raise click.UsageError(str(error)) from error


def _post(path: str, body: Mapping[str, object]) -> None:
    """Send what was given, and print the answer."""
    given = {name: value for name, value in body.items() if value is not None}
    with _simulator() as client:
        print_json(client.post(path, **given))


def value_of(text: str) -> object:
    """A value as the control API takes it: JSON, else the text as it is."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, int | float) and text.startswith("+") else found


def _pairs(given: tuple[str, ...]) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"'{each}' is not of the form NAME=VALUE")
        found[name] = value_of(value)
    return found


def add_commands(group: click.Group) -> None:
    """Give *group* the commands of this module."""
    for each in (
        *(hang_up, dial_in, change, end, fault, person, switch),
        *(state, events, audible, reset, env),
    ):
        group.add_command(each)
    for name, (fields, about) in _FLAGS.items():
        group.add_command(_flag_command(name, fields, about))


def _flag_command(name: str, fields: Mapping[str, bool], about: str) -> click.Command:
    def run(who: str) -> None:
        _post("change", {"who": who, **fields})

    argument = click.Argument(["who"])
    return click.Command(name, callback=run, params=[argument], help=f"{about}\n{_WHO}")


_WHO: Final = "\nWHO is a call SID, a label or an address."


@click.command("hang-up")
@click.argument("who")
@click.option(
    "--ghost-seconds", metavar="DURATION", help="Twilio shows the call for so long."
)
@click.option(
    "--listed-seconds", metavar="DURATION", help="Listings show the leg for so long."
)
def hang_up(who: str, ghost_seconds: str | None, listed_seconds: str | None) -> None:
    """Let a phone hang up; WHO is a call SID, a label or an address."""
    more = {"ghost_seconds": ghost_seconds, "listed_seconds": listed_seconds}
    _post("hang-up", {"who": who, **more})


@click.command("dial-in", short_help="Let somebody call in from an address.")
@click.argument("sender", metavar="FROM")
@click.option("--room", help="Join this conference at once.")
@click.option("--to", help="Call this number, whose voice URL decides.")
@click.option("--label", help="Label of the participant.")
@click.option("--muted", is_flag=True, default=None, help="Join muted.")
@click.option("--withheld", metavar="WORD", help="Withhold the caller id: anonymous, …")
def dial_in(sender: str, **call: object) -> None:
    """Let somebody call in from the address FROM, to a --room or a number --to."""
    if bool(call["room"]) == bool(call["to"]):
        raise click.UsageError("give --room ROOM or --to NUMBER")
    _post("dial-in", {"from": sender, **call})


@click.command(short_help="Change a participant as somebody else would.")
@click.argument("who")
@click.argument("fields", nargs=-1, required=True, metavar="NAME=VALUE...")
def change(who: str, fields: tuple[str, ...]) -> None:
    """Change a participant as somebody else would, as by muted=true hold=false."""
    _post("change", {"who": who, **_pairs(fields)})


@click.command()
@click.argument("room")
def end(room: str) -> None:
    """End the conference ROOM, as somebody else would."""
    _post("end", {"room": room})


@click.command()
@click.argument("kind", required=False)
@click.argument("fields", nargs=-1, metavar="[NAME=VALUE...]")
@click.option("--clear", is_flag=True, help="Remove all faults.")
def fault(kind: str | None, fields: tuple[str, ...], *, clear: bool) -> None:
    """Let requests fail.

    \b
        reconciler simulate fault 503 method=POST who=ann after=true
        reconciler simulate fault slow seconds=10 times=true

    KIND is an HTTP status, hang, slow, reset or another one of docs/simulator.md,
    which describes the names, too.
    """  # noqa: D301 - click reads its own escape
    if clear == bool(kind):
        raise click.UsageError("give KIND or --clear")
    if clear:
        with _simulator() as client:
            print_json(client.clear_faults())
        return
    _post("faults", {"kind": kind, **_pairs(fields)})


@click.command(short_help="Describe how the phone of an address behaves.")
@click.argument("address")
@click.argument("fields", nargs=-1, metavar="[NAME=VALUE...]")
def person(address: str, fields: tuple[str, ...]) -> None:
    """Describe a phone with the keys of a people file, as answers_after=5s busy=true."""
    _post("people", {"address": address, **_pairs(fields)})


@click.command()
@click.argument("fields", nargs=-1, metavar="[NAME=VALUE...]")
def switch(fields: tuple[str, ...]) -> None:
    """Set switches; without any, print every switch and its value."""
    with _simulator() as client:
        print_json(client.switches(**_pairs(fields)))


@click.command()
def state() -> None:
    """Print conferences, calls, participants, people, faults and logs."""
    with _simulator() as client:
        print_json(client.state())


@click.command()
@click.option(
    "--after", type=click.IntRange(0), default=0, help="Skip the first N events."
)
def events(after: int) -> None:
    """Print the events that webhooks sent or would send, one a line."""
    with _simulator() as client:
        for each in client.events(after):
            click.echo(json.dumps(each, ensure_ascii=False))


@click.command()
def audible() -> None:
    """Print who was heard by whom, from when to when."""
    with _simulator() as client:
        print_json(client.audible())


@click.command()
def reset() -> None:
    """Forget requests, rings, exposures and events; calls stay."""
    _post("reset", {})


@click.command()
def env() -> None:
    """Print a line of exports for a shell.

    \b
        eval "$(reconciler simulate env)"

    Credentials that the simulator took from its environment are not printed.
    """  # noqa: D301 - click reads its own escape
    with _simulator() as client:
        variables: dict[str, Any] = {"RECONCILER_TWILIO_URL": client.url}
        variables |= client.environment()
    pairs = (f"{name}={shlex.quote(value)}" for name, value in variables.items())
    click.echo(f"export {' '.join(pairs)}")
