"""The store that all processes of a run share."""

from collections.abc import Collection, Sequence
from typing import Protocol

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Override
from reconciler.model.ledger import Approval
from reconciler.play.in_memory.roster_store import RosterStore
from reconciler.store.queries.effective_rosters import Declared as Counting
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback


class Shared(RosterStore, Protocol):
    """The store that all processes share, with what people decide."""

    async def stand(
        self, decision: Decision, standing: Standing, until: float | None = None
    ) -> bool:
        """Pause, resume or release a room."""
        ...

    async def grant(
        self, room: str, approval: Approval, *, generation: int, now: float
    ) -> bool:
        """Let one plan through."""
        ...

    async def redial(self, decision: Decision, label: str) -> bool:
        """Call a member again, as a new intent."""
        ...

    async def add_overrides(
        self, drafts: Sequence[Override], now: float
    ) -> tuple[Override, ...]:
        """Let a person's words count."""
        ...

    async def end_overrides(
        self, decision: Decision, ids: Collection[int]
    ) -> tuple[Override, ...]:
        """End overrides of a room."""
        ...

    async def declared(
        self, rooms: Collection[str] | None, now: float
    ) -> dict[str, Counting]:
        """What is declared of rooms, with the overrides that last."""
        ...

    async def rollback(self, wanted: Rollback, now: float) -> int | None:
        """Declare an earlier generation again."""
        ...

    async def unpin(self, decision: Decision) -> int | None:
        """Let the file count again."""
        ...

    async def resolve(self, decision: Decision, label: str, *, rung: bool) -> bool:
        """Say whether a lost ring reached the phone."""
        ...
