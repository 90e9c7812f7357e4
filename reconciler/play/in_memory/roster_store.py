"""A store as tests use it: the engine's, with what commands load and show."""

from collections.abc import Sequence
from typing import Protocol

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Store
from reconciler.model.declaration import Declaration
from reconciler.model.event import Event
from reconciler.model.ledger import Ledger
from reconciler.model.load_result import NO_REPORT, FileReport, Loaded
from reconciler.model.roster import Roster


class RosterStore(Store, Protocol):
    """``SqlStore`` and its doubles; see there."""

    async def load(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport = NO_REPORT,
    ) -> Loaded: ...

    async def next_boundary(self) -> float | None: ...

    async def desired(self, room: str, now: float) -> Desired | None: ...

    async def ledger(self, room: str, now: float) -> Ledger: ...

    async def events(self, room: str | None, *, limit: int) -> tuple[Event, ...]: ...
