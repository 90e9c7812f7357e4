"""``reconciler sync``: the files into SQL, and the rooms to what they say."""

import asyncio
import contextlib
import json
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

import click

from reconciler.bootstrap import person, settings
from reconciler.bootstrap.declaring import Declarer
from reconciler.bootstrap.environment import monotonic
from reconciler.bootstrap.loop import run as run_loop
from reconciler.bootstrap.workshop import Workshop, workshop
from reconciler.cli.approver import require_approver
from reconciler.cli.duration import DURATION
from reconciler.cli.failure import (
    BUSY,
    FAILED,
    INTERRUPTED,
    INVALID,
    NOT_CONVERGED,
    UNREACHABLE,
    WITHHELD,
)
from reconciler.cli.line import echo
from reconciler.cli.loading import load_data, load_files, load_lines, reread_files
from reconciler.cli.options import current
from reconciler.cli.progress import progress
from reconciler.cli.reason import REASON
from reconciler.cli.show import heading, withheld_lines
from reconciler.engine.deed import UNSENT, Deed, Result
from reconciler.engine.look import RoomPhase
from reconciler.engine.ports import Loaded
from reconciler.engine.reconcile import Pass
from reconciler.files import Loading
from reconciler.files.policy import load_policy
from reconciler.model.action import Verb
from reconciler.model.errors import RoomBusy
from reconciler.model.masking import mask
from reconciler.planning.plan import ConditionKind, Phase, Plan
from reconciler.planning.quiet import awaits_quiet
from reconciler.planning.render import plan_data, plans_data
from reconciler.planning.retry import place
from reconciler.planning.words import counted, quoted

LAST_ANSWERS = 2.0
"""Seconds after the time is up for which answers to requests under way are awaited.
A create, update or removal without an answer by then is noted as unknown."""

_UNREAD = "not read before the time was up"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option(
    "--timeout",
    type=DURATION,
    default="2m",
    show_default=True,
    help="How long to wait for the rooms to converge.",
)
@click.option("--no-wait", is_flag=True, help="Run a single pass and exit.")
@click.option(
    "--force",
    type=REASON,
    metavar="REASON",
    help="Carry out what is withheld; the reason is recorded.",
)
@click.option(
    "--take-over",
    is_flag=True,
    help="Also load rooms that another folder declares.",
)
def sync(
    paths: tuple[str, ...],
    *,
    timeout: float,
    no_wait: bool,
    force: str | None,
    take_over: bool,
) -> int:
    """Load roster files (default: the folder desired/) and converge their rooms.

    Rings who is missing, changes who is not as declared, removes who was
    dismissed, and follows until everything is as declared or the time is up.
    A room whose file is gone from the folder is released: nobody is hung up.
    A file with an error holds back its own rooms; the others are loaded. People
    are removed once the file that dismisses them has been quiet for 3 seconds
    (RECONCILER_QUIET). A room that another process holds is waited for. Ctrl-C
    leaves everybody in their rooms. Two seconds after the time is up it ends,
    whatever the network does; requests without an answer are noted as unknown.

    Exit codes: 0 converged, 1 an action failed, 3 not converged in time, 4
    something waits for a person or is paused, 69 Twilio or the database cannot
    be reached, 75 another process holds a room, 77 credentials refused, 78
    invalid files.
    """
    options = current()
    of = settings(database_url=options.database_url, twilio_url=options.twilio_url)
    loading = load_files(paths, of)
    if force is not None:
        policy = load_policy(of.policy)
        require_approver(policy, dict(policy.approvers))
    course = _Course(
        timeout=timeout,
        once=no_wait,
        force=force,
        take_over=take_over,
        quiet_seconds=of.quiet_seconds,
        read=lambda: reread_files(paths, of),
    )

    async def run() -> _Outcome:
        async with workshop(of, read_only=False) as shop:
            return await _sync(shop, loading, course)

    outcome = run_loop(run())
    for busy in outcome.busy.values():
        if not outcome.passes:
            raise busy
        echo(f"error: {busy}", err=True)
    _print(outcome)
    code = _code(outcome)
    if code == NOT_CONVERGED and not no_wait:
        waited = f"{timeout:g} s (--timeout)"
        echo(f"Not converged within {waited}. To go on: reconciler sync", err=True)
    return code


@dataclass(frozen=True, slots=True)
class _Course:
    """How to go about it; ``timeout`` is in seconds.

    ``read`` reads the files again.
    """

    timeout: float
    once: bool
    force: str | None
    take_over: bool
    quiet_seconds: float
    read: Callable[[], Loading]


@dataclass(slots=True)
class _Outcome:
    """What it came to: the last pass of each room and every deed.

    ``unread`` are rooms that nobody read before the time was up; ``timed`` says
    that there was any time.
    """

    loading: Loading
    loaded: Loaded
    passes: dict[str, Pass] = field(default_factory=dict)
    deeds: dict[str, list[Deed]] = field(default_factory=dict)
    busy: dict[str, RoomBusy] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    timed: bool = True
    interrupted: bool = False

    @property
    def converged(self) -> bool:
        """Whether every room was seen to be as declared."""
        return not (self.interrupted or self.busy or self.unread) and all(
            made.state is RoomPhase.CONVERGED for made in self.passes.values()
        )

    @property
    def unreachable(self) -> bool:
        """Whether Twilio answered nothing in time, or nothing that can be used."""
        silent = bool(self.unread) and self.timed and not self.passes
        unknown = (made.state is RoomPhase.UNKNOWN for made in self.passes.values())
        return silent or any(unknown)


async def _sync(shop: Workshop, loading: Loading, course: _Course) -> _Outcome:
    cause = f"sync by {person()}"
    declarer = Declarer(shop.store, cause, course.quiet_seconds, course.take_over)
    loaded = await declarer.declare(loading)
    outcome = _Outcome(loading, loaded)
    foreign = {each.room for each in loaded.foreign}
    rooms = [each.room for each in loading.rosters if each.room not in foreign]
    options = current()
    view = progress(
        shop.clock, color=options.color, quiet=options.verbosity < 0 or options.json
    )
    stop = asyncio.Event()
    _on_interrupt(stop)

    def report(made: Pass) -> None:
        outcome.deeds.setdefault(made.room, []).extend(made.deeds)
        view.report(made)

    async def sleep(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)

    until = monotonic() + course.timeout
    shop.end_by(asyncio.get_running_loop().time() + course.timeout + LAST_ANSWERS)
    following = shop.following(
        cause=cause,
        forced=course.force,
        report=report,
        stopping=lambda: stop.is_set() or monotonic() >= until,
        sleep=sleep,
        busy=_wait_told(),
    )

    async def follow(rooms: list[str]) -> dict[str, Pass]:
        return await following.follow(
            rooms, within=until - monotonic(), stopping=stop.is_set, once=course.once
        )

    rereading = asyncio.create_task(declarer.reread(loading, course.read))
    try:
        with view:
            outcome.passes = await follow(rooms)
            again = [
                x.room for x in outcome.passes.values() if awaits_quiet(x.look.plan)
            ]
            if course.once and again:
                await _either(rereading, stop)
                outcome.passes |= await follow(again)
    finally:
        rereading.cancel()
    outcome.busy = following.busy_rooms
    outcome.unread = tuple(
        each for each in rooms if each not in {*outcome.passes, *outcome.busy}
    )
    outcome.timed = course.timeout > 0
    outcome.interrupted = stop.is_set()
    return outcome


async def _either(rereading: "asyncio.Task[None]", stop: asyncio.Event) -> None:
    """Until the files were read again, or a signal came; raises what reading did."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({rereading, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if rereading.done():
        rereading.result()


def _wait_told() -> Callable[[RoomBusy], None]:
    """Says once that another process is waited for."""
    told: set[str] = set()

    def tell(busy: RoomBusy) -> None:
        if not told and current().verbosity >= 0:
            echo(f"Waiting: {busy}", err=True)
        told.add("once")

    return tell


def _on_interrupt(stop: asyncio.Event) -> None:
    """The first signal ends the following; the second ends the process.

    A terminal that was closed is a signal too, and cannot be written to.
    """
    loop = asyncio.get_running_loop()

    def ask() -> None:
        stop.set()
        for number in _ENDING:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            click.echo("Stopping: what is under way is finished and noted…", err=True)

    for number in _ENDING:
        loop.add_signal_handler(number, ask)


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _print(outcome: _Outcome) -> None:
    if current().json:
        rooms = [
            plan_data(
                made.look.plan,
                str(made.state),
                [(each.action, str(each.result)) for each in _tried(outcome, room)],
            )
            for room, made in sorted(outcome.passes.items())
        ]
        rooms += [
            plan_data(Plan(room, 0, unknown=_UNREAD), str(RoomPhase.UNKNOWN), [])
            for room in outcome.unread
        ]
        data = plans_data(rooms, converged=outcome.converged)
        click.echo(json.dumps({**data, **load_data(outcome.loading, outcome.loaded)}))
        return
    for line in _lines(outcome):
        echo(line, color=current().color)


def _lines(outcome: _Outcome) -> list[str]:
    lines: list[str] = []
    lines += load_lines(outcome.loaded)
    for room, made in sorted(outcome.passes.items()):
        worked = [deed for deed in _tried(outcome, room) if deed.result is Result.DONE]
        lines.append(f"{heading(made.look)} — {_counts(worked)}")
        if made.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}:
            lines.append(f"  ! skipped. To continue: reconciler resume {quoted(room)}")
        lines += withheld_lines(made.look.plan)
        lines += [
            mask(f"  . {each.label}: {each.reason}") for each in made.look.plan.waiting
        ]
        lines += _about(made)
        lines += [
            mask(f"  x {deed.action.label}: {deed.message}")
            for deed in made.deeds
            if deed.result in {Result.FAILED, Result.UNTAKEN}
        ]
    lines += [f"{room}: unknown — {_UNREAD}" for room in outcome.unread]
    if outcome.interrupted:
        lines.append(_under_way(outcome))
    return lines


def _about(made: Pass) -> list[str]:
    """What is to be said of the room as a whole, but for what its heading says."""
    plan = made.look.plan
    lines = [
        f"  ! {each.text}"
        for each in plan.conditions
        if each is not plan.blocked and each.kind is not ConditionKind.NOT_CALLED
    ]
    called = {deed.action.label for deed in made.deeds if _called(deed)}
    rings = [each.label for each in plan.actions if each.verb is Verb.RING]
    later = [label for label in rings if label not in called]
    if later:
        people = counted(len(later), "person", "people")
        lines.append(f"  . {people} not called yet: {', '.join(later)}")
    return lines


def _called(deed: Deed) -> bool:
    return deed.result not in UNSENT and deed.action.verb is Verb.RING


def _tried(outcome: _Outcome, room: str) -> list[Deed]:
    """Deeds that were begun: what was paced or skipped comes again."""
    return [deed for deed in outcome.deeds.get(room, []) if deed.result not in UNSENT]


def _counts(deeds: list[Deed]) -> str:
    if not deeds:
        return "nothing to do"
    verbs = [deed.action.verb for deed in deeds]
    words = {Verb.RING: "rang", Verb.CHANGE: "changed", Verb.REMOVE: "removed"}
    return ", ".join(
        f"{word} {verbs.count(verb)}" for verb, word in words.items() if verb in verbs
    )


def _under_way(outcome: _Outcome) -> str:
    people = [
        f"{each.member.label} ({each.phase})"
        for made in outcome.passes.values()
        for each in made.look.plan.people
        if each.phase in {Phase.DIALING, Phase.RINGING}
    ]
    people += [
        f"{deed.action.label} (just rung)"
        for made in outcome.passes.values()
        for deed in made.deeds
        if deed.action.verb is Verb.RING and deed.result is Result.DONE
    ]
    way = f"Under way: {', '.join(people)}. " if people else ""
    return f"Interrupted; nobody was hung up. {way}'reconciler sync' goes on from here."


def _refused(outcome: _Outcome, made: Pass) -> bool:
    """Whether the room is not as declared, and the last try of a request was refused."""
    last = {
        (place(deed.action) or deed.action.label): deed.result
        for deed in _tried(outcome, made.room)
    }
    return made.state is not RoomPhase.CONVERGED and Result.FAILED in last.values()


def _code(outcome: _Outcome) -> int:
    """The first that holds; NOT_CONVERGED if nothing else does."""
    passes = outcome.passes.values()
    codes = (
        (INTERRUPTED, outcome.interrupted),
        (BUSY, bool(outcome.busy)),
        (UNREACHABLE, outcome.unreachable),
        (FAILED, any(_refused(outcome, made) for made in passes)),
        (INVALID, bool(outcome.loading.refused or outcome.loaded.foreign)),
        (0, outcome.converged),
        (WITHHELD, any(map(_waits_for_a_person, passes))),
    )
    return next((code for code, holds in codes if holds), NOT_CONVERGED)


def _waits_for_a_person(made: Pass) -> bool:
    untouched = made.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}
    return made.look.plan.stalled or untouched
