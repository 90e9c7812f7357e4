"""Decisions of other processes, and new rooms, read from the store."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from reconciler.engine.ports import Store

CHANNEL = "reconciler_marks"
"""The channel on which PostgreSQL notifies of decisions, and daemons of rooms."""

ROOMS_SECONDS = 5.0
"""Seconds between two looks for new rooms that nobody marked, at least."""

NAMES_PER_SECOND = 2000.0
"""Names of rooms that these looks take on average, at most: each reads all of them,
also those that other daemons hold."""


class DecisionMark(Protocol):
    """A room that somebody decided about, in this process or another."""

    @property
    def id(self) -> int:
        """Grows with each mark."""
        ...

    @property
    def room(self) -> str:
        """The room's name."""
        ...

    @property
    def cause(self) -> str:
        """Who or what wants the room to be looked at."""
        ...


@runtime_checkable
class DecisionMarks(Protocol):
    """A store that tells what was decided."""

    async def last_mark(self) -> int:
        """The id of the newest mark, 0 if there is none."""
        ...

    async def marks_since(self, last: int) -> Iterable[DecisionMark]:
        """The marks after the one whose id is *last*, oldest first."""
        ...


@dataclass(slots=True)
class DecisionFeed:
    """Reads what came since it was last read.

    What came before is old: at the start every room is read anyway.
    """

    store: Store
    _decisions: DecisionMarks | None = field(init=False)
    _last: int | None = None
    _list_at: float = field(default=float("-inf"))

    def __post_init__(self) -> None:
        store = self.store
        self._decisions = store if isinstance(store, DecisionMarks) else None

    async def marks(self) -> Collection[DecisionMark]:
        """New marks, oldest first; StoreError loses none."""
        if self._decisions is None:
            return ()
        if self._last is None:
            self._last = await self._decisions.last_mark()
            return ()
        decision_marks = tuple(await self._decisions.marks_since(self._last))
        self._last = max(
            (decision_mark.id for decision_mark in decision_marks), default=self._last
        )
        return decision_marks

    async def rooms(self, now: float, *, at_once: bool) -> Collection[str] | None:
        """All rooms, every few seconds or *at_once*; None in between.

        What fails is owed, and done the next time.
        """
        if at_once:
            self._list_at = float("-inf")
        if now < self._list_at:
            return None
        found = await self.store.rooms()
        self._list_at = now + max(ROOMS_SECONDS, len(found) / NAMES_PER_SECOND)
        return found
