"""A room's state as the conditions of kstatus."""

import pytest

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.readiness import readiness_of


@pytest.mark.parametrize(
    ("state", "statuses"),
    [
        (RoomPhase.CONVERGED, ("True", "False", "False")),
        (RoomPhase.CONVERGING, ("False", "True", "False")),
        (RoomPhase.STALLED, ("False", "False", "True")),
        (RoomPhase.PAUSED, ("Unknown", "False", "False")),
        (RoomPhase.RELEASED, ("Unknown", "False", "False")),
        (RoomPhase.UNKNOWN, ("Unknown", "False", "False")),
    ],
)
def test_each_state_has_its_conditions(
    state: RoomPhase, statuses: tuple[str, ...]
) -> None:
    conditions = readiness_of(state, "why")
    assert [each.type for each in conditions] == ["Ready", "Reconciling", "Stalled"]
    assert tuple(each.status for each in conditions) == statuses
    assert {(each.reason, each.message) for each in conditions} == {
        (str(state).capitalize(), "why")
    }


def test_every_state_is_tested() -> None:
    assert len(RoomPhase) == 6
