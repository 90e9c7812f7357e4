"""``reconciler probe``: measures what Twilio does not document."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from msgspec import Struct

from reconciler.bootstrap.account_source import one_account
from reconciler.bootstrap.probe_source import ProbeOptions, new_probe, open_probe
from reconciler.cli.command_settings import command_settings
from reconciler.cli.confirmation import confirmed
from reconciler.cli.exit import ended
from reconciler.cli.output import echo
from reconciler.cli.parameter_object import taking
from reconciler.cli.probe_profile import (
    ProbeCommand,
    require_folder,
    require_own_profile,
    show_differences,
    show_profile,
    with_earlier_answers,
    write_profile,
)
from reconciler.files.endpoint import callee_fault, caller_fault
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import INTERRUPTED, WITHHELD
from reconciler.probe.catalogue import chosen
from reconciler.probe.journal import Journal
from reconciler.probe.party import Party
from reconciler.probe.probe_plan import plan_lines
from reconciler.probe.probe_run import ProbeParties
from reconciler.probe.profile import (
    Profile,
    load_profile,
)
from reconciler.probe.question import Need, Question
from reconciler.settings import Settings

_FILE = click.Path(path_type=Path, dir_okay=False)


class ProbeArguments(Struct, frozen=True):
    """The command line."""

    sender: str | None
    answering: tuple[str, ...]
    ringing: tuple[str, ...]
    names: tuple[str, ...]
    burst: bool
    listen: str | None
    public_url: str | None
    profile: Path
    state: Path
    compare: Path | None
    price: float | None
    plan_only: bool
    yes: bool


@click.command()
@click.option("--from", "sender", metavar="ADDRESS", help="Caller ID of the calls.")
@click.option(
    "--answering",
    multiple=True,
    metavar="ADDRESS",
    help="Address that takes each call by itself, several at a time; repeatable.",
)
@click.option(
    "--ringing",
    multiple=True,
    metavar="ADDRESS",
    help="Address that rings and that nobody answers; repeatable.",
)
@click.option(
    "--only",
    "names",
    multiple=True,
    metavar="QUESTION",
    help="Ask this question and no other; repeatable.",
)
@click.option(
    "--burst",
    is_flag=True,
    help="Also send up to 128 reads at once, to find the account's limit.",
)
@click.option("--listen", metavar="HOST:PORT", help="Where to take webhooks.")
@click.option("--public-url", metavar="URL", help="How Twilio reaches --listen.")
@click.option(
    "--profile",
    type=_FILE,
    default="twilio-profile.yaml",
    show_default=True,
    help="Profile to write.",
)
@click.option(
    "--state",
    type=_FILE,
    default="twilio-probe.state",
    show_default=True,
    help="State of a probe that is under way, to resume from.",
)
@click.option("--compare", type=_FILE, metavar="OLD", help="Compare with this profile.")
@click.option(
    "--price-per-minute",
    "price",
    type=click.FloatRange(min=0),
    help="Price of one minute of one call, to show the cost.",
)
@click.option("--plan", "plan_only", is_flag=True, help="Show the plan and exit.")
@click.option("--yes", is_flag=True, help="Place the calls without asking.")
@taking(ProbeArguments)
def probe(arguments: ProbeArguments) -> int:
    """Measure how Twilio behaves where it documents nothing.

    Calls the addresses given, and no others, from --from, in conferences of its own;
    looks at what Twilio shows of them, and writes the answers to --profile. Shows the
    plan and its cost, and asks, before it calls anybody. Every call is ended when its
    question is answered. A probe that was interrupted resumes when the same command is
    run again. With --compare and without --from it only compares --profile with OLD.

    Exit codes: 0 done, 2 differs from OLD, 4 not confirmed, 78 an address, a file or a
    setting is invalid, 130 interrupted.
    """
    old = load_profile(arguments.compare) if arguments.compare else None
    if old and arguments.sender is None:
        return show_differences(old, load_profile(arguments.profile))
    if (arguments.listen is None) != (arguments.public_url is None):
        raise click.UsageError("--listen and --public-url go together")
    parties = _parties(arguments.sender, arguments.answering, arguments.ringing)
    needs = {Need.BURST} if arguments.burst else set()
    questions = tuple(
        chosen(arguments.names, events=arguments.listen is not None, needs=needs)
    )
    options = ProbeOptions(
        parties, arguments.state, arguments.listen, arguments.public_url
    )
    probe_command = ProbeCommand(
        options, questions, arguments.profile, old, arguments.price, arguments.yes
    )
    if arguments.plan_only:
        click.echo("\n".join(_plan(probe_command, questions)))
        return 0
    return _probe(probe_command)


def _parties(
    sender: str | None, answering: tuple[str, ...], ringing: tuple[str, ...]
) -> ProbeParties:
    if not sender or not answering or not ringing:
        raise click.UsageError(
            "--from, --answering and --ringing are needed: addresses of your own"
        )
    if both := sorted(set(answering) & set(ringing)):
        raise click.UsageError(f"{both[0]} is given for both --answering and --ringing")
    faults = [(x, callee_fault(x)) for x in (*answering, *ringing)]
    faults.append((sender, caller_fault(sender)))
    for address, fault in faults:
        if fault is not None:
            raise SettingError(f"{address}: {fault.message}; {fault.hint}")
    parties = {Party.ANSWERING: answering, Party.RINGING: ringing}
    return ProbeParties(parties, sender)


def _plan(given: ProbeCommand, questions: Sequence[Question]) -> Sequence[str]:
    called = given.options.parties.called
    return tuple(plan_lines(questions, price=given.price, addresses=called))


def _probe(given: ProbeCommand) -> int:
    of = one_account(command_settings()).settings
    require_folder(given.profile)
    require_own_profile(given, of)
    asyncio.run(_end_left(given, of))
    left = _left(given)
    if left:
        _echo_lines(_plan(given, left))
        if not given.yes and not confirmed("Place these calls?", "call"):
            return ended("Declined", "Nobody was called.", WITHHELD)
    try:
        profile = asyncio.run(_run(given, of, len(left)))
    except asyncio.CancelledError:
        text = (
            "Interrupted. All calls are ended. To resume: run the same command again."
        )
        return ended("Interrupted", text, INTERRUPTED)
    return show_profile(given, profile)


async def _end_left(given: ProbeCommand, of: Settings) -> None:
    """End the calls of an interrupted probe before anybody is asked anything."""
    if given.options.state.exists():
        async with open_probe(of, given.options, (), lambda _: None) as run:
            await run.end_calls()


def _left(given: ProbeCommand) -> tuple[Question, ...]:
    """What is still to be asked; what was asked before is said."""
    journal = Journal(given.options.state)
    answered = journal.answered()
    if journal.begun is not None:
        click.echo(
            f"Resuming: {len(answered)} questions are answered, "
            f"{journal.calls_placed()} calls were placed.",
            err=True,
        )
    return tuple(
        question for question in given.questions if question.name not in answered
    )


def _echo_lines(lines: Sequence[str]) -> None:
    """The plan on standard error, with its addresses as they were given."""
    for line in lines:
        click.echo(line, err=True)


async def _run(given: ProbeCommand, of: Settings, left: int) -> Profile:
    asked = iter(range(1, left + 1))

    def say(name: str) -> None:
        echo(f"asking {next(asked, left)} of {left}: {name}", err=True)

    task = asyncio.ensure_future(_asked(given, of, say))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _interrupt, task)
    return await task


async def _asked(
    given: ProbeCommand, of: Settings, say: Callable[[str], None]
) -> Profile:
    async with open_probe(of, given.options, given.questions, say) as run:
        profile = with_earlier_answers(given, await run.run(new_probe()))
        write_profile(given, profile)
        run.journal.remove()
        return profile


def _interrupt(task: "asyncio.Future[Profile]") -> None:
    click.echo("Interrupted: the calls are being ended.", err=True)
    task.cancel()
