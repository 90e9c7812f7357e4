"""``reconciler plan``: what sync would do, without writing anything."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap.account_client import account
from reconciler.bootstrap.account_source import named_accounts, one_account
from reconciler.bootstrap.command_session import command_session
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.event_loop import run as run_loop
from reconciler.bootstrap.preview import Preview, preview, preview_code
from reconciler.bootstrap.result_data import preview_data
from reconciler.bootstrap.roster_source import named_paths
from reconciler.bootstrap.targeting import Targeting, of_account
from reconciler.cli.agenda_text import named_timezone
from reconciler.cli.command_settings import command_settings
from reconciler.cli.effective_text import effective_lines
from reconciler.cli.json_output import numbers_option, print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current, output_option
from reconciler.cli.output import echo, names
from reconciler.cli.parameter_object import taking
from reconciler.cli.plan_file import (
    STREAM,
    PlanArguments,
    plan_file,
    write_plan_file,
)
from reconciler.cli.plan_markdown import markdown
from reconciler.cli.roster_load import files_of, load_lines
from reconciler.cli.target_option import target_option
from reconciler.cli.text import plan_lines, summary
from reconciler.cli.time_option import FUTURE_TEXT, FutureTime, has_offset
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.files import Loading
from reconciler.operations.audibility_text import predicted_lines
from reconciler.planning.describe import counted, quoted
from reconciler.planning.plan import Phase


class ShownPlanArguments(Struct, frozen=True):
    """The command line."""

    paths: tuple[str, ...]
    exit_code: bool
    take_over: bool
    target: tuple[str, ...]
    at: FutureTime | None
    out: Path | None


@output_option("markdown")
@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 2 on differences; with 4 if all of them are withheld or need a "
    "decision.",
)
@click.option(
    "--take-over",
    is_flag=True,
    help="Take over rooms that another folder declares.",
)
@target_option
@numbers_option
@click.option(
    "--at",
    type=FUTURE_TEXT,
    metavar="TIME",
    help="Plan for what schedules and overrides declare at TIME: 18:00 in the time zone "
    "of the rooms' schedules, else this machine's, or with date and offset.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan, for 'reconciler apply FILE'; - is standard output.",
)
@taking(ShownPlanArguments)
def plan(arguments: ShownPlanArguments) -> int:
    """Show what sync would do with these files (default: the folder desired/).

    Reads the files, the database and Twilio. Nothing is written: not to SQL,
    and the HTTP client refuses every method but GET. With --at, the people are
    those who are in the rooms now, and pauses stand. --output markdown prints
    the plan for a comment on a pull request.
    """
    if arguments.out is not None and (
        arguments.at is not None or "-" in arguments.paths
    ):
        raise click.UsageError(
            "--out cannot be combined with - (standard input) or --at"
        )
    if arguments.out == STREAM and current().json:
        raise click.UsageError(
            "--out - and --output json both print on standard output: name a file"
        )
    of = command_settings()
    if arguments.out is not None and of.account is None and len(named_accounts(of)) > 1:
        raise click.UsageError("--out saves a plan of one account: add --account NAME")
    whole = not arguments.target and arguments.at is None and arguments.out is None
    files = files_of(arguments.paths, of, whole=whole)
    loading = of_account(files.loading, of.account)
    aim = Targeting.of(arguments.target, loading)
    loading = aim.loads(loading)
    then = None if arguments.at is None else PlannedFor.of(arguments.at, loading)
    instant = 0.0 if then is None else then.at

    async def run() -> Preview:
        async with command_session(of, read_only=True) as shop:
            loader = DesiredStateLoader(shop.store, "plan", 0.0, arguments.take_over)
            await aim.check(shop, loading)
            declared = files.known or loading
            return await preview(shop, declared, loader, aim.only, instant)

    seen = run_loop(run())
    with redirect_stdout(sys.stderr if arguments.out == STREAM else sys.stdout):
        _print(seen, loading, then)
    if arguments.out is not None:
        plan_arguments = PlanArguments(
            _absolute(arguments.paths, of.desired),
            arguments.target,
            arguments.take_over,
        )
        _save(
            arguments.out,
            seen,
            loading,
            account(one_account(of).settings).sid,
            plan_arguments,
        )
    return preview_code(seen, loading, differences=arguments.exit_code)


class PlannedFor(Struct, frozen=True):
    """The instant of ``--at`` in Unix time, and the time zone that it was read in.

    ``text`` is "" where it was written with an offset; ``timezone`` None is this
    machine's.
    """

    at: float
    text: str = ""
    timezone: str | None = None

    @classmethod
    def of(cls, time: FutureTime, loading: Loading) -> "PlannedFor":
        """The instant, in the one time zone that the rooms' schedules name, if any."""
        if has_offset(time.text):
            return cls(time.at())
        names = {
            named_timezone(declaration) for declaration in loading.declarations
        } - {None}
        name = names.pop() if len(names) == 1 else None
        return cls(time.at(name), time.text, name)

    @property
    def line(self) -> str:
        """What the plan is for, as its first line."""
        where = ""
        if self.text:
            zone = self.timezone or f"this machine's time zone, {_machine(self.at)}"
            where = f" ({self.text} in {zone})"
        return (
            f"As declared at {moment(self.at)}{where}, with the current participants:"
        )


def _machine(at: float) -> str:
    """The name of this machine's time zone at an instant."""
    return datetime.fromtimestamp(at).astimezone().tzname() or "UTC"


def _absolute(paths: Sequence[str], folder: str) -> tuple[str, ...]:
    return tuple(str(path.absolute()) for path in named_paths(paths, folder))


def _save(
    out: Path, seen: Preview, loading: Loading, account_sid: str, given: PlanArguments
) -> None:
    """Save the plan, unless some of it is not known."""
    unknown = [x.room for x in seen.looks if x.state is RoomPhase.UNKNOWN]
    if unknown or loading.refused:
        why = f"{names(unknown)} could not be read" if unknown else "files have errors"
        echo(f"The plan is not saved: {why}.", err=True)
        return
    saved = plan_file(seen, loading, account_sid, given)
    write_plan_file(out, saved)
    name = "- < FILE" if out == STREAM else quoted(str(out))
    echo(f"Saved. To apply this plan: reconciler apply {name}", err=True)


def _print(seen: Preview, loading: Loading, then: "PlannedFor | None") -> None:
    evaluations, converged = seen.looks, seen.converged
    if current().json:
        at, timezone = (None, None) if then is None else (then.at, then.timezone)
        numbers = current().numbers
        print_json(
            preview_data(seen, loading, at=at, timezone=timezone, numbers=numbers)
        )
        return
    if current().output == "markdown":
        about = {
            x.room: effective_lines(x.desired, seen.overrides.get(x.room, ()))
            for x in evaluations
        }
        over = _conclusion(evaluations) if converged else "Changes"
        click.echo(markdown(evaluations, about, _heading_lines(seen, then), over))
        return
    for line in _heading_lines(seen, then):
        echo(line, color=current().color)
    for evaluation in evaluations:
        words = seen.overrides.get(evaluation.room, ())
        for line in plan_lines(evaluation, effective_lines(evaluation.desired, words)):
            echo(line, color=current().color)
        for line in predicted_lines(evaluation.plan):
            echo(line, color=current().color)
    if converged and not seen.changes_rooms:
        echo(_conclusion(evaluations))
    else:
        click.echo(_summary(evaluations))


def _heading_lines(seen: Preview, then: "PlannedFor | None") -> Iterator[str]:
    if then is not None:
        yield then.line
    yield from _load_lines(seen)


def _load_lines(seen: Preview) -> Iterator[str]:
    """What the load does to rooms beside what it changes in them."""
    for room, people in seen.released.items():
        stay = "its participants are unknown" if people is None else _stay(people)
        yield f"{room}: released; {stay}, no longer managed"
    for room in seen.returned:
        yield f"{room}: managed again"
    for room, generation in seen.unpinned:
        yield (
            f"{room}: the file changed and counts; generation {generation} is no "
            "longer pinned"
        )
    for room, old, phones in seen.moved:
        yield (
            f"{room}: {phones} of its phones are in calls for {old}, which this load "
            "releases"
        )
    yield from load_lines(replace(seen.loaded, released=()))


def _stay(people: int) -> str:
    return f"{counted(people, 'person stays', 'people stay')} in the conference"


def _conclusion(looks: Sequence[Evaluation]) -> str:
    """What is to be said where nothing is to be done."""
    left = [
        f"{_left(evaluation)} of {len(evaluation.plan.people)} people have left {evaluation.room}; "
        f"to call them again: reconciler redial {quoted(evaluation.room)} --left"
        for evaluation in looks
        if _left(evaluation)
    ]
    return " ".join(["No changes.", *left]) if left else "Everything is as declared."


def _left(evaluation: Evaluation) -> int:
    return sum(person.phase is Phase.LEFT for person in evaluation.plan.people)


def _summary(looks: Sequence[Evaluation]) -> str:
    return f"Plan: {summary(evaluation.plan for evaluation in looks)}."
