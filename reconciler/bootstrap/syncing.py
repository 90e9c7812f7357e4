"""Syncs roster files: loads them and follows their rooms until converged."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from reconciler.bootstrap.command_session import CommandSession
from reconciler.bootstrap.declaring import Declarer
from reconciler.bootstrap.environment import monotonic, user
from reconciler.bootstrap.roster_source import Paths, reread_rosters
from reconciler.bootstrap.sync_record import SyncRecord
from reconciler.bootstrap.targeting import Targeting
from reconciler.engine.loop.check_recorder import CheckRecorder
from reconciler.engine.room.evaluate import Evaluation
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files import Loading
from reconciler.files.policy_file import load_policy
from reconciler.model.errors import RoomBusy, StoreError
from reconciler.operations.approver import require_approver
from reconciler.planning.quiet import awaits_quiet
from reconciler.settings import Settings

LAST_ANSWERS_SECONDS = 2.0
"""Seconds after the time is up for which answers to requests under way are awaited.
A create, update or removal without an answer by then is noted as unknown."""


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
    cause: str
    read: Callable[[], Loading]
    aim: Targeting
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bind: Callable[[Evaluation], Evaluation] = lambda seen: seen

    @property
    def labels(self) -> Mapping[str, frozenset[str]]:
        """The labels to act on by room, of the rooms in which not all are."""
        return self.only or self.aim.only


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What is asked of a sync; ``timeout`` is in seconds.

    ``force`` is the reason for which what is withheld is carried out.
    """

    paths: Paths
    targets: Sequence[str]
    timeout: float
    once: bool
    force: str | None
    take_over: bool


def aimed(
    request: SyncRequest, loading: Loading, of: Settings, cause: str
) -> tuple[Loading, Course]:
    """The files that *request* is about, and how to go about it.

    SettingError for a target that is not declared, and for a force that the policy
    does not let this user use.
    """
    aim = Targeting.of(request.targets, loading)
    if request.force is not None:
        policy = load_policy(of.policy)
        require_approver(policy, user(), dict(policy.approvers))
    course = Course(
        timeout=request.timeout,
        once=request.once,
        force=request.force,
        take_over=request.take_over,
        quiet_seconds=of.quiet_seconds,
        cause=cause,
        read=lambda: aim.loads(reread_rosters(request.paths, of)),
        aim=aim,
    )
    return aim.loads(loading), course


@dataclass(frozen=True, slots=True)
class SyncWatch:
    """Who is told of each pass and of each wait for another process.

    ``stop`` ends the following; ``view`` is open meanwhile.
    """

    report: Callable[[ReconcileResult], None] = lambda _: None
    busy: Callable[[RoomBusy], None] = lambda _: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    view: AbstractContextManager[object] = field(default_factory=nullcontext)


async def run_sync(
    shop: CommandSession, loading: Loading, course: Course, watch: SyncWatch
) -> SyncRecord:
    """Load what was read and follow its rooms; nobody is hung up when it is stopped."""
    await course.aim.check(shop, loading)
    declarer = Declarer(
        shop.store, course.cause, course.quiet_seconds, course.take_over
    )
    loaded = await declarer.declare(loading)
    result = SyncRecord(loading, loaded)
    foreign = {each.room for each in loaded.foreign}
    rooms = [each.room for each in loading.rosters if each.room not in foreign]
    stop = watch.stop
    checks = CheckRecorder(shop.store, 0.0)

    def report(made: ReconcileResult) -> None:
        result.outcomes.setdefault(made.room, []).extend(made.outcomes)
        checks.on_evaluated(made, (), made.evaluation.observed_at)
        watch.report(made)

    async def sleep(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)

    until = monotonic() + course.timeout
    shop.end_by(
        asyncio.get_running_loop().time() + course.timeout + LAST_ANSWERS_SECONDS
    )
    following = shop.following(
        cause=course.cause,
        forced=course.force,
        report=report,
        stopping=lambda: stop.is_set() or monotonic() >= until,
        sleep=sleep,
        busy=watch.busy,
        only=course.labels,
        bind=course.bind,
    )

    async def follow(rooms: list[str]) -> dict[str, ReconcileResult]:
        return await following.follow(
            rooms, within=until - monotonic(), stopping=stop.is_set, once=course.once
        )

    rereading = asyncio.create_task(declarer.reread(loading, course.read))
    try:
        with watch.view:
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
