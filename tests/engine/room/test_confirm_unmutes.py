"""Records on which an unmute relies are of now, or are not known."""

from collections.abc import Collection

import pytest

from reconciler.engine.room.confirm_unmutes import read_records
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.observation import Observation
from reconciler.planning.plan import Plan
from tests.engine.world import World, run
from tests.simulation.passing import Passing

ROOM = "alpha"
SEEN = Observation(ROOM, None)


class StandsStill(Passing):
    """Answers at once, and is read after so many seconds by ``now``."""

    seconds = 0.0
    now = 1000.0

    async def confirm(
        self,
        observation: Observation,
        call_sids: Collection[str],  # noqa: ARG002 - Provider
    ) -> Observation:
        self.now += self.seconds
        return observation


@pytest.mark.parametrize(("seconds", "known"), [(0.1, True), (12.0, False)])
def test_records_that_a_process_reads_after_it_stood_still_are_not_known(
    seconds: float, known: bool
) -> None:
    async def story() -> None:
        async with World().daemon() as daemon:
            provider = StandsStill(daemon.controller.provider)
            provider.seconds = seconds
            evaluation = Evaluation(
                ROOM, RoomPhase.CONVERGING, Plan(ROOM, 1), observation=SEEN
            )
            found = await read_records(
                evaluation, {"CA1"}, provider, lambda: provider.now
            )
            assert found == (SEEN if known else None)

    run(story)
