"""``reconciler simulate``: a local Twilio."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click
from msgspec import Struct

from reconciler.cli.options import is_terminal
from reconciler.cli.parameter_object import taking
from reconciler.cli.simulator_control import add_commands
from reconciler.model.errors import SettingError
from reconciler.simulator.exchange.behavior import Switches, describe_switches, flip
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.local_account import LocalAccount, make_account
from reconciler.simulator.exchange.people import People
from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.exchange.sid import fresh_seed
from reconciler.simulator.script import Script, load, read_voice_urls, set_up


class _Unavailable(click.ClickException):
    exit_code = 69


class _Invalid(click.ClickException):
    exit_code = 78


class SimulateArguments(Struct, frozen=True):
    """The command line."""

    host: str
    port: int
    people: Path | None
    calls_per_second: float | None
    switches: tuple[str, ...]
    profile: Path | None
    voice_urls: tuple[str, ...]
    seed: str | None
    service: str | None
    event_sink: str | None
    insights: float | None
    live: bool | None


@click.group(invoke_without_command=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8700,
    show_default=True,
    help="Port to listen on; 0 chooses a free one.",
)
@click.option(
    "--people",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML file of simulated people and faults.",
)
@click.option(
    "--calls-per-second",
    type=click.FloatRange(min=0, min_open=True),
    help="Rate at which queued calls are dialed.  [default: 1, or the file's]",
)
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=VALUE",
    help=(
        "Set a behavior that Twilio does not document; repeatable. `--switch help` "
        "lists them."
    ),
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Set the switches as a profile of 'reconciler probe' says.",
)
@click.option(
    "--voice-url",
    "voice_urls",
    multiple=True,
    metavar="NUMBER=URL",
    help="Voice webhook of a number, asked when somebody calls it; repeatable.",
)
@click.option(
    "--seed", help="Seed of SIDs and secrets, for repeatable runs.  [default: random]"
)
@click.option(
    "--service",
    type=click.Choice(["signalwire", "telnyx"]),
    help="Speak the API of another service.  [default: Twilio's]",
)
@click.option(
    "--event-sink",
    metavar="URL",
    help="Deliver Event Streams to this webhook sink.  [default: nobody]",
)
@click.option(
    "--insights",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help=(
        "Answer Voice Insights, with summaries that are complete SECONDS after a "
        "participant leaves.  [default: refused]"
    ),
)
@click.option(
    "--live/--no-live",
    default=None,
    help="Print calls, changes and events on stderr.  [default: on a terminal]",
)
@taking(SimulateArguments)
def simulate(arguments: SimulateArguments) -> None:
    """Run a local Twilio until interrupted; its commands talk to one that runs.

    Speaks the conference, participant and call resources of Twilio's API over
    HTTP, and sends its webhooks to the URLs that creates give. A phone that
    nobody described answers after a second and stays. The first line on stdout
    can be put before a command, and in another shell
    'eval "$(reconciler simulate env)"' exports the same:

    \b
        RECONCILER_TWILIO_URL=http://127.0.0.1:8700 TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…

    TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and
    TWILIO_API_SECRET) of the environment are accepted if they are set, and are
    never printed. The control API below /simulator is described in docs/simulator.md.
    """  # noqa: D301 - click reads its own escape
    if click.get_current_context().invoked_subcommand is not None:
        return
    if "help" in arguments.switches:
        _print_switches()
        return
    exchange, given = _open_exchange(arguments)
    for number, url in _voice_urls(arguments.voice_urls).items():
        exchange.set_voice_url(number, url)
    exchange.second_sources = SecondSources(arguments.event_sink, arguments.insights)
    _serve(exchange, arguments, given=given)


def _live(wanted: bool | None) -> bool:
    return is_terminal(sys.stderr) if wanted is None else wanted


def _open_exchange(arguments: SimulateArguments) -> tuple[Exchange, bool]:
    """The exchange, and whether its credentials are the environment's."""
    people, seed = arguments.people, arguments.seed or fresh_seed()
    try:
        script = load(people) if people else Script(People(), Switches())
        measured_switches = measured(script.switches, arguments.profile)
        flipped = _flip(measured_switches, arguments.switches)
    except SettingError as error:
        raise _Invalid(str(error)) from error
    account, given = _account(seed)
    exchange = Exchange(
        time.time,  # noqa: TID251 - this process is built here
        script.people,
        flipped,
        account=account,
        calls_per_second=arguments.calls_per_second or script.calls_per_second or 1.0,
        seed=seed,
    )
    set_up(exchange, script)
    return exchange, given


def measured(switches: Switches, profile: Path | None) -> Switches:
    """The switches as a profile has them; SettingError if it cannot be read."""
    if profile is None:
        return switches
    from reconciler.probe.profile import load_profile  # noqa: PLC0415 - seldom

    known = {switch.name for switch in describe_switches()}
    answers = load_profile(profile).answers
    try:
        return flip(switches, {k: v for k, v in answers.items() if k in known})
    except ValueError as error:
        raise SettingError(f"{profile}: {error}") from error


def _flip(switches: Switches, given: tuple[str, ...]) -> Switches:

    pairs = (each.partition("=") for each in given)
    try:
        return flip(switches, {name: value for name, _, value in pairs})
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--switch") from error


def _voice_urls(given: tuple[str, ...]) -> Mapping[str, str]:
    pairs = (each.partition("=") for each in given)
    try:
        return read_voice_urls({number: url for number, _, url in pairs})
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--voice-url") from error


def _account(seed: str) -> tuple[LocalAccount, bool]:
    """The account, and whether its credentials are the environment's."""
    account = make_account(seed)
    sid, token = _environment("TWILIO_ACCOUNT_SID"), _environment("TWILIO_AUTH_TOKEN")
    key = (_environment("TWILIO_API_KEY"), _environment("TWILIO_API_SECRET"))
    if not sid or not (token or all(key)):
        return account, False
    keys = (key,) if all(key) else ()
    return LocalAccount(sid, token or account.token, keys, secret=True), True


def _environment(name: str) -> str:
    file = os.environ.get(f"{name}_FILE")
    try:
        return (
            Path(file).read_text("utf-8").strip() if file else os.environ.get(name, "")
        )
    except OSError as error:
        raise _Invalid(f"{name}_FILE: {file}: {error.strerror}") from error


def _serve(exchange: Exchange, arguments: SimulateArguments, *, given: bool) -> None:
    host, port = arguments.host, arguments.port
    import asyncio  # noqa: PLC0415 - only this command pays for a server

    from reconciler.simulator.local_server import (  # noqa: PLC0415
        listen,
        serve,
    )

    try:
        listening = listen(host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise _Unavailable(f"cannot listen on {host}:{port}: {reason}") from error
    _warn_beyond_loopback(listening.getsockname()[0])
    account = exchange.account
    pair = f"TWILIO_ACCOUNT_SID={account.sid} TWILIO_AUTH_TOKEN={account.token}"

    def announce(url: str) -> None:
        click.echo(f"RECONCILER_TWILIO_URL={url}" + ("" if given else f" {pair}"))
        if given:
            click.echo("The environment's credentials are accepted.", err=True)

    def report(line: str) -> None:
        click.echo(line, err=True)

    reported = report if _live(arguments.live) else None
    asyncio.run(serve(exchange, listening, announce, reported, arguments.service))


def _warn_beyond_loopback(address: str) -> None:
    from reconciler.simulator.http.local_only import is_loopback  # noqa: PLC0415

    if not is_loopback(address):
        click.echo(
            f"warning: listening on {address}: everybody who can reach it can read and "
            "change the simulator at /simulator without credentials. Without --host "
            "it listens on 127.0.0.1 only.",
            err=True,
        )


def _print_switches() -> None:

    for switch in describe_switches():
        choices = " | ".join(switch.choices) or switch.kind
        click.echo(f"{switch.name}={str(switch.default).lower()}  ({choices})")
        click.echo(f"    {switch.about}")
        click.echo(f"    Source: {switch.source}")


add_commands(simulate)
