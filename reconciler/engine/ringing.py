"""Many rings of a room: opened in groups, under way together, noted together.

Each attempt is committed before its request leaves, and the request leaves at
once: no more attempts are opened together than there are places for just then,
and than the calls per second allow just then. At one call a second that is one.
A process that dies here leaves at most ``MAX_CALLS_IN_FLIGHT`` attempts of which nobody knows
whether they were sent; they are looked for, and held for a person if nothing is
found.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from reconciler.engine.budget import Budget
from reconciler.engine.deed import Deed, Result
from reconciler.engine.dialling import Dialler, Rung
from reconciler.engine.lease_session import LeaseSession
from reconciler.model.action import Ring
from reconciler.model.attempt import Attempt
from reconciler.model.errors import (
    CredentialsRefused,
    RateLimited,
    ReconcilerError,
    RefusalInDoubt,
)
from reconciler.model.event import Event

SHARE = 4
"""A window is filled up again when one in so many of its places is free."""

LINGER = 0.02
"""Seconds for which an answer waits for others, to be noted with them."""


FRESH = 5.0
"""Seconds for which rings are begun on one look at the room."""


@dataclass(slots=True)
class Ringing:
    """The rings of one plan, to be run once.

    ``by_name`` says that there is no conference yet: two creates by its name at
    once could be two rooms, so each goes alone until one was taken. The others
    still go by name: a conference that nobody is in yet may not be known by
    its SID.

    ``off`` is asked before each group, and before each request leaves.
    """

    dialler: Dialler
    session: LeaseSession
    budget: Budget
    off: Callable[[], bool]
    tell: Callable[[Deed], Event]
    generation: int
    by_name: bool
    _left: deque[Ring] = field(default_factory=deque)
    _deeds: dict[str, Deed] = field(default_factory=dict)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _began: float = 0.0
    _answered: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _error: Exception | None = None
    _limited: float | None = None

    async def run(self, rings: Sequence[Ring]) -> list[Deed]:
        """Ring in the order given; what the pace does not allow is PACED.

        What has begun is seen through and noted, except that the last notes
        may still wait in ``session``. Raises CredentialsRefused, RoomBusy,
        StoreError, with as much on record as can be.
        """
        self._left.extend(rings)
        self._began = self.dialler.clock()
        wait = await self._rounds()
        if self._error is not None:
            with suppress(ReconcilerError):
                await self.session.note()
            raise self._error
        self._put_off(wait)
        return [self._deeds[each.label] for each in rings]

    async def _rounds(self) -> float:
        """Ring until nothing more may begin; the seconds until more may."""
        while True:
            opened, wait = await self._open()
            if self._under_way:
                await self._note()
            elif opened:
                continue
            elif not 0.0 < wait <= LINGER:
                return wait
            await self._some_answers(wait)

    async def _open(self) -> tuple[int, float]:
        """How many of the rings were taken up, and the seconds until more may be."""
        group, wait = self._group()
        if not group:
            return 0, wait
        self.budget.in_flight.calls += len(group)
        try:
            lease = await self.session.valid_lease()
            opened = await self.dialler.open(lease, group, self.generation)
        except Exception as error:  # noqa: BLE001 - raised when all are in
            self.budget.in_flight.calls -= len(group)
            self._fail(error)
            return 0, 0.0
        for ring, attempt in zip(group, opened, strict=True):
            self._begin(ring, attempt)
        return len(group), wait

    def _group(self) -> tuple[list[Ring], float]:
        """The next rings that may leave now, and how long the pace holds others up."""
        group: list[Ring] = []
        for _ in range(self._room()):
            wait = self.budget.take(self.dialler.clock())
            if wait:
                return group, wait
            group.append(self._left.popleft())
        return group, 0.0

    def _room(self) -> int:
        """For how many more rings there is a place now."""
        if self._off() or self._limited is not None or self._stale():
            return 0
        alone = 0 if self._under_way else 1
        free = alone if self.by_name else self.budget.in_flight.calls_free
        return min(len(self._left), max(free, alone))

    def _stale(self) -> bool:
        """Whether the room is to be looked at again before more are rung."""
        return self.dialler.clock() >= self._began + FRESH

    def _may_send(self) -> bool:
        """Whether a request may leave now; asked just before its first byte."""
        return not self._off() and self.session.valid

    def _off(self) -> bool:
        """Whether nothing more may leave."""
        return self._error is not None or self.off()

    def _begin(self, ring: Ring, attempt: Attempt | None) -> None:
        if attempt is None:
            self.budget.in_flight.calls -= 1
            reason = "another call to this phone is being placed"
            self._deeds[ring.label] = Deed(ring, Result.SKIPPED, reason)
            return
        task = asyncio.create_task(self._send(ring, attempt))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    async def _send(self, ring: Ring, attempt: Attempt) -> None:
        try:
            self._take(await self.dialler.dial(ring, attempt, self._may_send))
        except Exception as error:  # noqa: BLE001 - raised when all are in
            self._fail(error)

    def _take(self, rung: Rung) -> None:
        deed = rung.deed
        self._deeds[rung.ring.label] = deed
        self.session.put(rung.notes(self.tell(deed)))
        if deed.result is Result.DONE:
            self.by_name = False
        if isinstance(rung.error, CredentialsRefused):
            self._fail(rung.error)
        elif isinstance(rung.error, RateLimited | RefusalInDoubt):
            self._limited = max(self._limited or 0.0, deed.retry_after or 0.0)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self.budget.in_flight.calls -= 1
        self._answered += 1
        if (
            not self._under_way
            or self._answered * SHARE >= self.budget.in_flight.max_calls
        ):
            self._wake.set()
        elif self._answered == 1:
            asyncio.get_running_loop().call_later(LINGER, self._wake.set)

    async def _some_answers(self, wait: float) -> None:
        """Until it is time to note and open more; about *wait* seconds if given."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(wait, LINGER) if wait else None):
                await self._wake.wait()
        self._wake.clear()
        self._answered = 0

    def _put_off(self, wait: float) -> None:
        """Give the rings that were not taken up to a later pass."""
        wait = wait if self._limited is None else self._limited
        eta = wait + self.budget.eta(len(self._left) - 1)
        reason = f"{len(self._left)} to ring, the last in about {eta:.0f} s"
        for each in self._left:
            deed = Deed(each, Result.PACED, reason, retry_after=wait)
            self._deeds[each.label] = deed

    async def _note(self) -> None:
        """Note all answers so far; after an error, that is left to the end."""
        if self._error is not None:
            return
        try:
            await self.session.note()
        except Exception as error:  # noqa: BLE001 - raised when all are in
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
