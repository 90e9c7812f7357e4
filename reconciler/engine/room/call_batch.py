"""Placed calls of a leased room: opened in batches, sent concurrently.

Each attempt is committed before its request leaves, and the request leaves at
once: no more attempts are opened together than there are places for just then,
and than the calls per second allow just then. At one call a second that is one.
A process that dies here leaves at most ``MAX_CALLS_IN_FLIGHT`` attempts of which
nobody knows whether they were sent; they are looked for, and held for a person if
nothing is found.

A create may hang. So nothing waits for one: the room is looked at and acted on
meanwhile, and each later plan replaces the rings that were not begun.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from math import ceil

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.limits.call_permits import CHECK_SECONDS
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.ports import Notes
from reconciler.engine.room.event_recorder import EventRecorder
from reconciler.engine.room.freshness import Freshness
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome, Outcome, holds_up_account
from reconciler.engine.room.place_call import CallPlacer, CallResult
from reconciler.engine.waiting import wait_for_event
from reconciler.model.action import Action, Ring
from reconciler.model.attempt import Attempt
from reconciler.model.errors import (
    CredentialsRefused,
    ReconcilerError,
    RoomChanged,
)
from reconciler.planning.describe import queued

REFILL_FRACTION = 4
"""The window is refilled once 1/REFILL_FRACTION of its slots are free."""

NOTE_BATCH_SECONDS = 0.02
"""Seconds for which an answer waits for others, to be noted with them."""

RECHECK_SECONDS = 0.5
"""Seconds between two observations of whether rings that wait may still be begun."""

VERIFY_SECONDS = 0.5
"""Seconds after which a room that was acted on is looked at again."""


class Offer(Struct, frozen=True):
    """The rings of one plan, in their order.

    ``by_name`` says that there is no conference yet: two creates by its name at
    once could be two rooms, so each goes alone until one was taken. The others
    still go by name: a conference that nobody is in yet may not be known by
    its SID.
    """

    rings: tuple[Ring, ...]
    freshness: Freshness
    recorder: EventRecorder
    by_name: bool


class _Turn(Struct, frozen=True):
    """When a call leaves, None for at once, and whether it may at that moment."""

    slot: float | None
    permitted: Callable[[], bool]


def _ring_key(ring: Ring) -> tuple[str, str, int, int]:
    """What two plans ring for, however each names the conference."""
    return ring.label, ring.to, ring.intent, ring.number


class CallBatch(Struct):
    """The creates of one room while it is leased.

    ``stopping`` is asked before each group, and before each request leaves.
    ``requeue`` is told when the room should be looked at for what became of
    them, or for rings that were not begun, and in how many seconds.
    """

    placer: CallPlacer
    session: LeaseSession
    limiter: AccountLimiter
    stopping: Callable[[], bool]
    requeue: Callable[[float], None]
    _offer: Offer | None = None
    _left: deque[Ring] = field(default_factory=deque)
    _going_on: frozenset[Ring] = frozenset()
    _outcomes: list[ActionOutcome] = field(default_factory=list)
    _runs: dict[str, str] = field(default_factory=dict)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _unnoted: set[int] = field(default_factory=set)
    _answers: set[int] = field(default_factory=set)
    _task: "asyncio.Task[None] | None" = None
    _noting: "asyncio.Task[None] | None" = None
    _expecting: bool = False
    _all_answered: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _error: Exception | None = None
    _cancelled: bool = False
    _limited: float | None = None
    _wait: float = 0.0

    @property
    def active(self) -> bool:
        """Whether creates are under way, or about to be."""
        return self._task is not None

    @property
    def over(self) -> bool:
        """Whether nothing is under way, and nothing is still to be collected."""
        return self._task is None and not self._outcomes and self._error is None

    def under_way(self) -> frozenset[int]:
        """The attempts whose answers are not on record yet, by id."""
        return frozenset(self._unnoted) if self.active else frozenset()

    def offer(self, offer: Offer) -> None:
        """Ring these, as the pace allows, and none of an earlier plan's any longer."""
        self.withdraw()
        if self._error is not None:
            return
        self._offer, self._limited, self._wait = offer, None, VERIFY_SECONDS
        self._left.extend(offer.rings)
        if self._task is None:
            self._cancelled = False
            self._task = asyncio.create_task(self._run())
        self._wake.set()

    def withdraw(self) -> None:
        """Begin none of the rings that were offered and not begun."""
        self._left.clear()

    def go_on(self, offer: Offer) -> None:
        """Begin, of the rings that were offered and not begun, those of *offer* alone.

        They are rung as *offer* has them, while its plan's silences are sent.
        """
        waiting = {_ring_key(ring) for ring in self._left}
        rings = tuple(ring for ring in offer.rings if _ring_key(ring) in waiting)
        self._going_on = frozenset(rings)
        if rings:
            self.offer(replace(offer, rings=rings))
        else:
            self.withdraw()

    def not_begun(self, actions: Iterable[Action]) -> tuple[Action, ...]:
        """*actions* of the plan that ``go_on`` was told of, without rings begun since."""
        begun = self._going_on.difference(self._left)
        return tuple(x for x in actions if not (isinstance(x, Ring) and x in begun))

    def collect(self) -> list[ActionOutcome]:
        """What became of creates since this was asked last."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def raise_error(self) -> None:
        """Raise, once, what ended the batch early."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def stop(self) -> None:
        """Begin nothing more."""
        self._cancelled = True
        self._wake.set()

    async def finish(self, within: float | None = None) -> None:
        """Wait until all is answered, at most *within* seconds if given.

        Whoever is cancelled still waits for that, and nothing more is begun.
        """
        if self._task is None:
            return
        try:
            await asyncio.wait({self._task}, timeout=within)
        except asyncio.CancelledError:
            self.stop()
            await self.finish(within)
            raise

    async def _run(self) -> None:
        try:
            async with self.session.in_use():
                while True:
                    await self._rounds()
                    await self._conclude()
                    if not self._left:
                        break
        finally:
            self._task = None
        self.requeue(self._wait)

    async def _rounds(self) -> None:
        """Ring until nothing is left or may begin, and all is answered and noted."""
        while True:
            opened, wait = await self._open()
            if self._left and not self._goes_on(wait):
                self._put_off(wait)
            if self._under_way:
                self._note_beside()
            elif opened:
                continue
            elif not self._left:
                await self._noted()
                return
            await self._some_answers(wait if self._left else 0.0)

    def _goes_on(self, wait: float) -> bool:
        """Whether more may begin on the present offer, after *wait* seconds."""
        if self._stopped() or self._limited is not None or not self._recent():
            return False
        longest = max(NOTE_BATCH_SECONDS, self.limiter.call_wait_seconds)
        return bool(self._under_way) or wait <= longest

    async def _open(self) -> tuple[int, float]:
        """How many of the rings were taken up, and the seconds until more may be."""
        offer = self._offer
        found, wait = self._group()
        group, slots = [ring for ring, _ in found], [slot for _, slot in found]
        if offer is None or not group:
            return 0, wait
        in_flight = self.limiter.in_flight
        permitted = in_flight.begin(len(group))
        self.placer.provider.expect(len(group))
        try:
            lease = await self.session.valid_lease()
            opened = await self.placer.open(
                lease, group, offer.freshness.evaluation, offer.recorder
            )
        except RoomChanged as error:
            in_flight.end(len(group))
            self._skip(offer, group, str(error))
            return 0, 0.0
        except Exception as error:  # noqa: BLE001 - raised when all are in
            in_flight.end(len(group))
            self._fail(error)
            return 0, 0.0
        self._runs[offer.recorder.run] = str(offer.freshness.evaluation.state)
        for ring, attempt, slot in zip(group, opened, slots, strict=True):
            self._begin(offer, ring, attempt, _Turn(slot, permitted))
        self._expecting = bool(self._left) and not wait
        return len(group), wait

    def _expect_more(self) -> None:
        """Have connections made ahead for the calls of the next second.

        Those that were begun have theirs.
        """
        if self._expecting:
            self._expecting = False
            most = min(self.limiter.in_flight.max_calls, ceil(self.limiter.pace))
            soon = min(len(self._left), most)
            asyncio.get_running_loop().call_soon(self.placer.provider.expect, soon)

    def _group(self) -> tuple[list[tuple[Ring, float | None]], float]:
        """The next rings that may leave now, and how long the pace holds others up.

        Each with the time at which it leaves, None for at once.
        """
        group: list[tuple[Ring, float | None]] = []
        room, wait = self._room()
        for _ in range(room):
            wait = self.limiter.take(self.placer.clock(), len(self._left))
            if wait:
                return group, wait
            group.append((self._left.popleft(), self.limiter.slot))
        return group, wait

    def _room(self) -> tuple[int, float]:
        """For how many more rings there is a place now, and when to ask again if none."""
        offer = self._offer
        closed = self._stopped() or self._limited is not None or not self._recent()
        alone = 0 if self._under_way else 1
        if offer is None or closed or not self._left:
            return 0, 0.0
        wanted = alone if offer.by_name else len(self._left)
        in_flight = self.limiter.in_flight
        free = in_flight.calls_free(wanted)
        permitted = free if in_flight.strict else max(free, alone)
        lacks = in_flight.permits is not None and wanted and not permitted
        return permitted, CHECK_SECONDS if lacks else 0.0

    def _recent(self) -> bool:
        """Whether more may be called before the room is looked at again."""
        return self._offer is not None and self._offer.freshness.recent

    def _leaves(self) -> bool:
        """Whether a request may leave now; asked just before its first byte."""
        self._expect_more()
        return not self._stopped() and self.session.valid

    def _stopped(self) -> bool:
        """Whether nothing more may leave."""
        return self._error is not None or self._cancelled or self.stopping()

    def _begin(
        self, offer: Offer, ring: Ring, attempt: Attempt | None, turn: _Turn
    ) -> None:
        if attempt is None:
            self.limiter.in_flight.end(1)
            reason = "another call to this phone is being placed"
            self._outcomes.append(ActionOutcome(ring, Outcome.SKIPPED, reason))
            return
        task = asyncio.create_task(self._send(offer, ring, attempt, turn))
        self._under_way.add(task)
        self._all_answered.clear()
        self._unnoted.add(attempt.id)
        task.add_done_callback(self._ended)

    async def _send(
        self, offer: Offer, ring: Ring, attempt: Attempt, turn: _Turn
    ) -> None:
        try:
            in_time = await self._in_time(attempt, turn.slot)
            call_result = await self.placer.place(
                ring, attempt, lambda: in_time() and turn.permitted() and self._leaves()
            )
            self._take(offer, call_result)
        except Exception as error:  # noqa: BLE001 - raised when all are in
            self._fail(error)

    async def _in_time(
        self, attempt: Attempt, slot: float | None
    ) -> Callable[[], bool]:
        """Wait until a call may leave that others' calls leave room for; see ``CallSlots``."""
        slots = self.limiter.slots
        if slots is None or slot is None:
            return lambda: True
        self.placer.provider.expect(1)
        left = attempt.send_by - self.placer.clock()
        at = await slots.turn(slot, left)
        return lambda: slots.good(at)

    def _take(self, offer: Offer, rung: CallResult) -> None:
        outcome = rung.outcome
        self._outcomes.append(outcome)
        self._answers.add(rung.progress.attempt_id)
        now = self.placer.clock()
        self.session.put(rung.notes(offer.recorder.ring_done(outcome, rung.ring, now)))
        if outcome.result is Outcome.DONE and self._offer is not None:
            self._offer = replace(self._offer, by_name=False)
        if isinstance(rung.error, CredentialsRefused):
            self._fail(rung.error)
        elif holds_up_account(rung.error):
            self._limited = max(self._limited or 0.0, outcome.retry_after or 0.0)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if not self._under_way:
            self._all_answered.set()
        in_flight = self.limiter.in_flight
        in_flight.end(1)
        self._answered += 1
        if (
            not self._under_way
            or self._answered * REFILL_FRACTION >= in_flight.max_calls
        ):
            self._wake.set()
        elif self._answered == 1:
            asyncio.get_running_loop().call_later(NOTE_BATCH_SECONDS, self._wake.set)

    async def _some_answers(self, wait: float) -> None:
        """Until it is time to note and open more; about *wait* seconds if given."""
        longest = max(wait, NOTE_BATCH_SECONDS) if wait else None
        if self._left:
            longest = min(longest or RECHECK_SECONDS, RECHECK_SECONDS)
        await wait_for_event(self._wake, longest)
        self._wake.clear()
        self._answered = 0

    def _put_off(self, wait: float) -> None:
        """Leave the rings that were not begun to a later plan."""
        wait = wait if self._limited is None else self._limited
        eta = wait + self.limiter.eta(len(self._left) - 1)
        reason = queued(len(self._left), eta)
        self._outcomes += [
            ActionOutcome(ring, Outcome.PACED, reason, retry_after=wait)
            for ring in self._left
        ]
        self._drop(wait)

    def _skip(self, offer: Offer, group: Sequence[Ring], reason: str) -> None:
        """Begin none of *offer*, of which *group* is: its plan no longer holds."""
        newest = self._offer is not None and self._offer.freshness is offer.freshness
        self._outcomes += [
            ActionOutcome(ring, Outcome.SKIPPED, reason, retry_after=0.0)
            for ring in (*group, *(self._left if newest else ()))
        ]
        if newest:
            self._drop(0.0)

    def _drop(self, wait: float) -> None:
        self._left.clear()
        if self._under_way:
            self.requeue(wait)
        else:
            self._wait = wait

    def _note_beside(self) -> None:
        """Have the answers so far noted while more calls are placed."""
        if self._answers and self._noting is None:
            self._noting = asyncio.create_task(self._note_answers())

    async def _note_answers(self) -> None:
        """Note answers as long as others are awaited; the last ones are noted at the end."""
        while self._answers and self._under_way and self._error is None:
            await wait_for_event(self._all_answered, NOTE_BATCH_SECONDS)
            if self._under_way:
                await self._note()
        self._noting = None

    async def _noted(self) -> None:
        """Wait until no answers are being noted."""
        if self._noting is not None:
            await asyncio.wait({self._noting})

    async def _note(self, last: Notes | None = None) -> None:
        """Note all answers so far; after an error, that is left to the end."""
        if self._error is not None:
            return
        answers = frozenset(self._answers)
        try:
            await self.session.note(last or Notes())
        except Exception as error:  # noqa: BLE001 - raised when all are in
            self._fail(error)
        else:
            self._unnoted -= answers
            self._answers -= answers

    async def _conclude(self) -> None:
        """Note the last answers, and that the runs which rang have ended."""
        runs, self._runs = self._runs, {}
        if self._error is not None:
            with suppress(ReconcilerError):
                await self.session.note()
            return
        for ended in runs.items():
            await self._note(Notes(ended=ended))

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
