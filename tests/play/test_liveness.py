"""When faults stop, rooms come to rest, even if one process hangs for ever."""

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import NO_FIRST_NOTES, FirstNotes, Lease, Notes
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.scenarios.scenario import Declare, StartProcess
from reconciler.play.world.product import Mutation
from reconciler.play.world.run import run
from tests.simulation.crashes import BOTH
from tests.simulation.mutations import _Store
from tests.simulation.test_guards import broken, scenario

pytestmark = pytest.mark.no_cover

JOINING = scenario(
    (0.0, Declare(BOTH)), (0.1, StartProcess("a", rest=1.0)), horizon=0.15
)


@pytest.mark.parametrize("after", range(1, 60, 4))
def test_a_process_that_hangs_for_ever_keeps_no_room_from_rest(after: int) -> None:
    report = run(replace(JOINING, stuck_after=after))
    assert broken(report) == set()
    assert report.rest_seconds is not None
    told = [each.what for each in report.journal.lines if each.who == "a"]
    assert "hangs for ever" in told
    assert report.world.exchange.history.rings


class _Eternal(InMemoryStore):
    """Leases that nobody loses."""

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,  # noqa: ARG002 - that is the fault
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        return await super().acquire(room, owner, now, 1e6, first)


def test_without_an_end_of_leases_a_process_that_hangs_keeps_its_room() -> None:
    hangs = (replace(JOINING, stuck_after=after) for after in range(9, 60, 4))
    assert any({"rest", "named"} & broken(run(x, store=_Eternal())) for x in hangs)


class _Broken(_Store):
    """Fails as no store does."""

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        raise ZeroDivisionError(lease.room, notes, now)


def test_a_process_that_ends_by_an_error_is_noticed() -> None:
    failing = run(JOINING, mutation=Mutation(store=_Broken))
    assert "alive" in broken(failing)
