"""``reconciler sync``: load roster files and reconcile until converged."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import click

from reconciler.bootstrap import person
from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.bootstrap.declaring import Declarer
from reconciler.bootstrap.environment import monotonic, user
from reconciler.bootstrap.event_loop import run as run_loop
from reconciler.cli.command_settings import command_settings
from reconciler.cli.duration_option import DURATION
from reconciler.cli.exit import (
    NOT_CONVERGED,
)
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.progress import progress
from reconciler.cli.reason_option import REASON
from reconciler.cli.roster_load import load_files, reread_files
from reconciler.cli.sync_result import SyncResult, exit_code, print_result
from reconciler.cli.target_option import Targeting, target_option
from reconciler.engine.loop.check_recorder import CheckRecorder
from reconciler.engine.room.evaluate import Evaluation
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files import Loading
from reconciler.files.policy_file import load_policy
from reconciler.model.errors import ReconcilerError, RoomBusy, RosterError, StoreError
from reconciler.operations.approver import require_approver
from reconciler.planning.quiet import awaits_quiet
from reconciler.settings import Settings
from reconciler.store.database.url import parse_database_url
from reconciler.store.store import open_store

LAST_ANSWERS_SECONDS = 2.0
"""Seconds after the time is up for which answers to requests under way are awaited.
A create, update or removal without an answer by then is noted as unknown."""


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
    help="Take over rooms that another folder declares.",
)
@target_option
def sync(
    paths: tuple[str, ...],
    *,
    timeout: float,
    no_wait: bool,
    force: str | None,
    take_over: bool,
    target: tuple[str, ...],
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
    if "-" in paths:
        raise click.UsageError(
            "sync reads files again, so standard input is no roster for it. To see what "
            "it would do: reconciler plan -"
        )
    of = command_settings()
    try:
        loading = load_files(paths, of)
    except RosterError:
        asyncio.run(_record_refused(reread_files(paths, of), of))
        raise
    aim = Targeting.of(target, loading)
    loading = aim.loads(loading)
    if force is not None:
        policy = load_policy(of.policy)
        require_approver(policy, user(), dict(policy.approvers))
    course = Course(
        timeout=timeout,
        once=no_wait,
        force=force,
        take_over=take_over,
        quiet_seconds=of.quiet_seconds,
        read=lambda: aim.loads(reread_files(paths, of)),
        aim=aim,
    )

    async def run() -> SyncResult:
        async with command_session(of, read_only=False) as shop:
            return await run_sync(shop, loading, course)

    return concluded(run_loop(run()), course)


async def _record_refused(loading: Loading, of: Settings) -> None:
    """Put the errors on record, for status and explain, if there is a database."""
    path = parse_database_url(of.database_url).path
    if path is not None and not path.exists():
        return
    with contextlib.suppress(ReconcilerError):
        async with await open_store(of.database_url, create=False) as store:
            declarer = Declarer(store, f"sync by {person()}", of.quiet_seconds)
            await declarer.declare(loading)


@dataclass(frozen=True, slots=True)
class Course:
    """How to go about it; ``timeout`` is in seconds.

    ``read`` reads the files again; ``aim`` is what it is narrowed to, and ``only``
    to which labels beside. ``bind`` holds back a look that is not as planned.
    """

    timeout: float
    once: bool
    force: str | None
    take_over: bool
    quiet_seconds: float
    read: Callable[[], Loading]
    aim: Targeting
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bind: Callable[[Evaluation], Evaluation] = lambda seen: seen

    @property
    def labels(self) -> Mapping[str, frozenset[str]]:
        """The labels to act on by room, of the rooms in which not all are."""
        return self.only or self.aim.only


def concluded(result: SyncResult, course: Course) -> int:
    """Print what it came to; the exit code."""
    for busy in result.busy.values():
        if not result.passes:
            raise busy
        echo(f"error: {busy}", err=True)
    print_result(result)
    code = exit_code(result)
    if code == NOT_CONVERGED and not course.once:
        waited = f"{course.timeout:g} s (--timeout)"
        echo(f"Not converged within {waited}. To continue: reconciler sync", err=True)
    return code


async def run_sync(
    shop: CommandSession, loading: Loading, course: Course
) -> SyncResult:
    await course.aim.check(shop, loading)
    cause = f"sync by {person()}"
    declarer = Declarer(shop.store, cause, course.quiet_seconds, course.take_over)
    loaded = await declarer.declare(loading)
    result = SyncResult(loading, loaded)
    foreign = {each.room for each in loaded.foreign}
    rooms = [each.room for each in loading.rosters if each.room not in foreign]
    options = current()
    view = progress(
        shop.clock, color=options.color, quiet=options.verbosity < 0 or options.json
    )
    stop = asyncio.Event()
    _on_interrupt(stop)

    checks = CheckRecorder(shop.store, 0.0)

    def report(made: ReconcileResult) -> None:
        result.outcomes.setdefault(made.room, []).extend(made.outcomes)
        checks.on_evaluated(made, (), made.evaluation.observed_at)
        view.report(made)

    async def sleep(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)

    until = monotonic() + course.timeout
    shop.end_by(
        asyncio.get_running_loop().time() + course.timeout + LAST_ANSWERS_SECONDS
    )
    following = shop.following(
        cause=cause,
        forced=course.force,
        report=report,
        stopping=lambda: stop.is_set() or monotonic() >= until,
        sleep=sleep,
        busy=_wait_told(),
        only=course.labels,
        bind=course.bind,
    )

    async def follow(rooms: list[str]) -> dict[str, ReconcileResult]:
        return await following.follow(
            rooms, within=until - monotonic(), stopping=stop.is_set, once=course.once
        )

    rereading = asyncio.create_task(declarer.reread(loading, course.read))
    try:
        with view:
            result.passes = await follow(rooms)
            again = [
                x.room
                for x in result.passes.values()
                if awaits_quiet(x.evaluation.plan)
            ]
            if course.once and again:
                await _either(rereading, stop)
                result.passes |= await follow(again)
    finally:
        rereading.cancel()
    await _end(checks, shop, rooms)
    result.busy = following.busy_rooms
    result.unread = tuple(
        each for each in rooms if each not in {*result.passes, *result.busy}
    )
    result.timed = course.timeout > 0
    result.interrupted = stop.is_set()
    return result


async def _end(checks: CheckRecorder, shop: CommandSession, rooms: list[str]) -> None:
    """Record that the rooms were observed, but for those that a daemon observes."""
    with contextlib.suppress(StoreError):
        known, now = await shop.store.checks(rooms), shop.clock()
        await checks.end({room for room, each in known.items() if each.fresh(now)})


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
            click.echo("Stopping: waiting for requests in flight…", err=True)

    for number in _ENDING:
        loop.add_signal_handler(number, ask)


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
