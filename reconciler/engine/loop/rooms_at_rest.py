"""Rooms that are as an earlier process left them, for commands that observe rooms once."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.loop.converged import restored_evaluation
from reconciler.engine.loop.unchanged import UnchangedCache
from reconciler.engine.ports import Clock
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Conference, ConferenceSurvey


class RoomsAtRest(Struct, frozen=True):
    """``left`` is what an earlier process found as declared.

    ``survey`` was made since the database was read.
    """

    survey: ConferenceSurvey
    left: Mapping[str, RestoredRoom]
    unchanged: UnchangedCache
    clock: Clock

    async def evaluation(
        self, room: str, desired: Desired | None, ledger: Ledger
    ) -> Evaluation | None:
        """What an observation of *room* comes to by its listing, None if it takes more.

        Also where *desired* is another generation than what is stored.
        """
        restored, conference = self.left.get(room), self.survey.of(room)
        if restored is None or not isinstance(conference, Conference):
            return None
        if not await self.unchanged.is_current(room):
            return None
        evaluation = restored_evaluation(restored, desired, conference)
        if evaluation is None:
            return None
        return replace(evaluation, ledger=ledger, observed_at=self.clock())


@asynccontextmanager
async def rooms_at_rest(
    unchanged: UnchangedCache,
    rooms: Collection[str],
    survey: ConferenceSurvey,
    clock: Clock,
) -> AsyncIterator[RoomsAtRest]:
    """Those of *rooms* that an earlier process with the same rules left at rest.

    *unchanged* is for them alone, and closed at the end. Raises StoreError.
    """
    unchanged.conference_cache.take(rooms, survey)
    batches = unchanged.restore(rooms, clock)
    left = {each.room: each async for some in batches for each in some}
    try:
        yield RoomsAtRest(survey, left, unchanged, clock)
    finally:
        await unchanged.close()
        await unchanged.conference_cache.close()
