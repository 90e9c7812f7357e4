"""Fields that do not count leave two values equal, with one hash."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Lease
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Observation, Participant
from reconciler.model.partly_compared import PartlyCompared
from reconciler.model.roster import Roster
from tests.planning.samples import leg

LEG = leg()
LEASE = Lease("line", "daemon", 3, 100.0)
DESIRED = Desired(Roster("line", ()), 1)


@pytest.mark.parametrize(
    ("value", "same", "other"),
    [
        (LEG, {"created_at": 5.0}, {"muted": True}),
        (LEASE, {"version": DESIRED.version}, {"fencing_token": 4}),
        (DESIRED, {"decisions": 2}, {"generation": 2}),
    ],
)
def test_only_what_counts_is_compared(
    value: PartlyCompared, same: dict[str, Any], other: dict[str, Any]
) -> None:
    assert replace(value, **same) == value
    assert hash(replace(value, **same)) == hash(value)
    assert replace(value, **other) != value


def test_values_with_mappings_are_compared_and_have_no_hash() -> None:
    seen = Observation("line", None)
    assert replace(seen, alone=True, lacks=frozenset({"ring"})) == seen
    assert replace(seen, participants=(LEG,)) != seen
    assert Ledger(observed="x", last_free_token=None) == Ledger()
    assert Ledger(emptied=True) != Ledger()
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ledger())


def test_another_kind_of_value_decides_for_itself() -> None:
    class Anything:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    assert Anything() == LEG
    assert LEG != LEASE


@pytest.mark.parametrize(
    "kind", [Participant, Observation, Ledger, Desired, Lease], ids=lambda x: x.__name__
)
def test_what_does_not_count_is_a_field(kind: type[PartlyCompared]) -> None:
    assert kind.not_compared <= set(kind.__struct_fields__)
