"""The last observation of each room, and who waits for a change of it."""

import asyncio
from collections.abc import Collection, Iterator

from msgspec import Struct

from reconciler.engine.loop.observer import NullObserver
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult


class RoomEntry(Struct):
    """The last observation of a room. ``seen_at`` is when it was last confirmed, and grows.

    ``shown`` is the last observation that showed people: of a room that is paused or
    released, or could not be read, an earlier one.
    """

    evaluation: Evaluation
    seen_at: float
    shown: Evaluation | None = None


class LatestEvaluations(NullObserver):
    """Remembers what the loop saw; ``Subscription``s hear of it.

    ``version`` grows whenever something is to be shown again.
    """

    def __init__(self) -> None:
        self._entries: dict[str, RoomEntry] = {}
        self._subscriptions: set[Subscription] = set()
        self.version = 0

    def __iter__(self) -> Iterator[RoomEntry]:
        return iter(self._entries.values())

    def entry(self, room: str) -> RoomEntry | None:
        """The last observation of *room*, None before the first."""
        return self._entries.get(room)

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms of which there is an observation."""
        return frozenset(self._entries)

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        """Show what is seen before it is put right."""
        self._keep(evaluation, at)

    def on_evaluated(
        self,
        result: ReconcileResult,
        drift: Collection[str],  # noqa: ARG002 - ControllerObserver
        at: float,
    ) -> None:
        """Keep the evaluation, and tell who waits."""
        self._keep(result.evaluation, at)

    def _keep(self, evaluation: Evaluation, at: float) -> None:
        before = self._entries.get(evaluation.room)
        earlier = before.shown if before else None
        shown = evaluation if _shows_people(evaluation) else earlier
        self._entries[evaluation.room] = RoomEntry(evaluation, at, shown)
        self.tell(evaluation.room)

    def on_unchanged(self, room: str, at: float) -> None:
        """The last observation still holds."""
        entry = self._entries.get(room)
        if entry is not None:
            entry.seen_at = at

    def forget(self, rooms: Collection[str]) -> None:
        """Drop rooms that are on record no longer."""
        for room in rooms:
            self._entries.pop(room, None)

    def tell(self, room: str) -> None:
        """Something about *room* is to be shown again."""
        self.version += 1
        for subscription in self._subscriptions:
            subscription.add(room)

    def subscribe(self) -> "Subscription":
        """Hear of every room from now on, until ``unsubscribe``."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: "Subscription") -> None:
        """End *subscription*: it gets no further rooms."""
        self._subscriptions.discard(subscription)

    def wake(self) -> None:
        """Have every subscriber look whether it may still listen."""
        for subscription in self._subscriptions:
            subscription.wake()

    @property
    def subscribers(self) -> int:
        """How many listen."""
        return len(self._subscriptions)


class Subscription:
    """The rooms that changed since they were taken last: a set, so it cannot pile up."""

    def __init__(self) -> None:
        self._rooms: set[str] = set()
        self._wake = asyncio.Event()

    def add(self, room: str) -> None:
        """A room changed."""
        self._rooms.add(room)
        self._wake.set()

    def wake(self) -> None:
        """End the wait, with or without news."""
        self._wake.set()

    async def take(self, within: float) -> tuple[str, ...]:
        """The changed rooms, sorted; () if there is none *within* seconds."""
        try:
            async with asyncio.timeout(within):
                await self._wake.wait()
        except TimeoutError:
            return ()
        self._wake.clear()
        rooms = tuple(sorted(self._rooms))
        self._rooms.clear()
        return rooms


def _shows_people(evaluation: Evaluation) -> bool:
    return (
        evaluation.observation is not None and evaluation.state is not RoomPhase.UNKNOWN
    )
