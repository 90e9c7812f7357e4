"""Syncs roster files: loads them and follows their rooms until converged."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from msgspec import Struct, field

from reconciler.bootstrap.command_session import CommandSession
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.environment import monotonic, user
from reconciler.bootstrap.known_folder import KnownFolder
from reconciler.bootstrap.roster_source import Paths, reread_rosters
from reconciler.bootstrap.sync_record import SyncRecord
from reconciler.bootstrap.targeting import Targeting, of_account
from reconciler.engine.loop.check_recorder import CheckRecorder
from reconciler.engine.loop.follow import SyncRun
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.pass_options import unbound
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.engine.waiting import wait_for_event, wait_for_first
from reconciler.files import Loading
from reconciler.files.policy_file import load_policy
from reconciler.model.errors import RoomBusy, SettingError, StoreError
from reconciler.model.load_result import Loaded
from reconciler.operations.approver import require_approver
from reconciler.operations.reason import checked_reason
from reconciler.planning.file_quiet_period import awaits_quiet
from reconciler.settings import Settings

LAST_ANSWERS_SECONDS = 2.0
"""Seconds after the time is up for which answers to requests under way are awaited.
A create, update or removal without an answer by then is noted as unknown."""


class Course(Struct, frozen=True):
    """How to go about it; ``timeout`` is in seconds.

    ``read`` reads the files again; ``aim`` is what it is narrowed to, and ``only``
    to which labels beside. ``bind`` holds back a look that is not as planned.
    ``rules`` is that of ``DesiredStateLoader``; ``known`` is the folder where its files
    were not parsed, as a load of it changes nothing.
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
    bind: Callable[[Evaluation], Evaluation] = unbound
    rules: Callable[[], str] = lambda: ""
    known: KnownFolder | None = None

    @property
    def labels(self) -> Mapping[str, frozenset[str]]:
        """The labels to act on by room, of the rooms in which not all are."""
        return self.only or self.aim.only


class SyncRequest(Struct, frozen=True):
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

    SettingError for a target that is not declared, for a force without a reason, and
    for one that the policy does not let this user use.
    """
    loading = of_account(loading, of.account)
    aim = Targeting.of(request.targets, loading)
    force = None if request.force is None else _reason(request.force)
    if force is not None:
        policy = load_policy(of.policy)
        require_approver(policy, user(), dict(policy.approvers))
    course = Course(
        timeout=request.timeout,
        once=request.once,
        force=force,
        take_over=request.take_over,
        quiet_seconds=of.quiet_seconds,
        cause=cause,
        read=lambda: aim.loads(
            of_account(reread_rosters(request.paths, of), of.account)
        ),
        aim=aim,
    )
    return aim.loads(loading), course


def _reason(force: str) -> str:
    try:
        return checked_reason(force)
    except SettingError as error:
        raise SettingError(f"force: {error}") from error


class SyncWatch(Struct, frozen=True):
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
    loader = DesiredStateLoader(
        shop.store, course.cause, course.quiet_seconds, course.take_over, course.rules
    )
    wait = loader.reread_after(loading)
    rooms, loaded = await _declared(loader, loading, course.known)
    sync = _Sync(shop, course, watch, SyncRecord(loading, loaded))
    rereading = asyncio.create_task(loader.reread(wait, course.read))
    try:
        with watch.view:
            await sync.follow(rooms)
            if course.once and (again := sync.awaiting_quiet()):
                await wait_for_first(rereading, watch.stop.wait())
                await sync.follow(again)
    finally:
        rereading.cancel()
    await _end(sync.checks, shop, rooms)
    return sync.ended(rooms)


async def _declared(
    loader: DesiredStateLoader, loading: Loading, known: KnownFolder | None
) -> tuple[list[str], Loaded]:
    """The rooms to follow, and what their load came to."""
    if known is not None:
        return list(known.rooms), known.loaded
    loaded = await loader.declare(loading)
    foreign = {home.room for home in loaded.foreign}
    rooms = (roster.room for roster in loading.rosters)
    return [room for room in rooms if room not in foreign], loaded


class _Sync:
    """One run: what follows the rooms, and what is to be told of it."""

    def __init__(
        self,
        shop: CommandSession,
        course: Course,
        watch: SyncWatch,
        record: SyncRecord,
    ) -> None:
        self._course, self._watch, self._record = course, watch, record
        self.checks = CheckRecorder(shop.store, 0.0)
        self._until = monotonic() + course.timeout
        now = asyncio.get_running_loop().time()
        shop.end_by(now + course.timeout + LAST_ANSWERS_SECONDS)
        self._shop = shop
        sessions = shop.accounts or {shop.account: shop}
        self._following = {
            name: self._followed(command_session)
            for name, command_session in sessions.items()
        }

    def _followed(self, shop: CommandSession) -> SyncRun:
        course, watch = self._course, self._watch
        return shop.following(
            shop.pass_options(
                course.cause,
                forced=course.force,
                only=course.labels,
                bind=course.bind,
            ),
            report=self._report,
            stopping=lambda: watch.stop.is_set() or monotonic() >= self._until,
            sleep=self._sleep,
            busy=watch.busy,
        )

    async def follow(self, rooms: list[str]) -> None:
        """Follow *rooms* until they are at rest or the time is up.

        Each account follows its own; the first error is raised when all are done.
        """
        accounts = await self._shop.store.accounts_of(rooms)
        groups = {
            name: [room for room in rooms if accounts.get(room) == name]
            for name in self._following
        }
        done = await asyncio.gather(
            *(self._follow(name, mine) for name, mine in groups.items() if mine),
            return_exceptions=True,
        )
        for each in done:
            if isinstance(each, BaseException):
                raise each

    async def _follow(self, account: str, rooms: list[str]) -> None:
        self._record.passes |= await self._following[account].follow(
            rooms,
            within=self._until - monotonic(),
            stopping=self._watch.stop.is_set,
            once=self._course.once,
        )

    def awaiting_quiet(self) -> list[str]:
        """The rooms of which something waits for their files to be quiet."""
        passes = self._record.passes.values()
        return [
            result.room for result in passes if awaits_quiet(result.evaluation.plan)
        ]

    def ended(self, rooms: list[str]) -> SyncRecord:
        """What the run came to."""
        record = self._record
        record.busy = {
            room: busy
            for sync_run in self._following.values()
            for room, busy in sync_run.busy_rooms.items()
        }
        met = {*record.passes, *record.busy}
        record.unread = tuple(each for each in rooms if each not in met)
        record.timed = self._course.timeout > 0
        record.interrupted = self._watch.stop.is_set()
        return record

    def _report(self, result: ReconcileResult) -> None:
        self._record.outcomes.setdefault(result.room, []).extend(result.outcomes)
        self.checks.on_evaluated(result, (), result.evaluation.observed_at)
        self._watch.report(result)

    async def _sleep(self, seconds: float) -> None:
        await wait_for_event(self._watch.stop, seconds)


async def _end(checks: CheckRecorder, shop: CommandSession, rooms: list[str]) -> None:
    """Record that the rooms were observed, but for those that a daemon observes."""
    with contextlib.suppress(StoreError):
        known, now = await shop.store.checks(rooms), shop.clock()
        await checks.end({room for room, check in known.items() if check.fresh(now)})
