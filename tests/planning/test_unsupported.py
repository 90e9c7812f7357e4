"""What a service cannot do is withheld, and nothing else."""

from collections.abc import Collection

import pytest

from reconciler.model.action import (
    Action,
    Change,
    ChangeKind,
    FieldChange,
    Harm,
    Remove,
    Ring,
)
from reconciler.model.observation import RING
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.plan import Plan
from reconciler.planning.unsupported import UNSUPPORTED, without_unsupported

RING_ANN = Ring("ann", "+15551230001", "line", (), (), 1, 1, "absent")
MUTE_ANN = Change(
    "ann",
    "CA1",
    "CF1",
    ChangeKind.MUTE,
    (FieldChange("muted", False, True),),
    Harm.SILENCE,
    "declared",
)
END_ANN = Change(
    "ann",
    "CA1",
    "CF1",
    ChangeKind.EXIT,
    (FieldChange("end_conference_on_exit", False, True),),
    Harm.NONE,
    "declared",
)
REMOVE_ANN = Remove("ann", "CA1", "CF1", connected=True, reason="its address changed")
REMOVE_BOB = Remove("bob", "CA2", "CF1", connected=True, reason="not declared")
ROSTER = Roster("line", (Member("ann", "+15551230001", "+15550100001"),))
ENDED = Roster("line", ROSTER.members, state=RoomState.ENDED)
FLAG = "end_conference_on_exit"


@pytest.mark.parametrize(
    ("action", "lacks", "held"),
    [
        (RING_ANN, {RING}, True),
        (RING_ANN, {FLAG}, False),
        (RING_ANN, (), False),
        (MUTE_ANN, {RING, FLAG}, False),
        (END_ANN, {RING, FLAG}, True),
        (END_ANN, {RING}, False),
        (REMOVE_ANN, {RING}, True),
        (REMOVE_ANN, {FLAG}, False),
        (REMOVE_BOB, {RING}, False),
    ],
)
def test_an_action_is_withheld_where_the_service_lacks_it(
    action: Action, lacks: Collection[str], held: bool
) -> None:
    plan = without_unsupported(Plan("line", 1, actions=(action,)), ROSTER, lacks)
    assert plan.actions == (() if held else (action,))
    assert [(x.action, x.guard) for x in plan.withheld] == (
        [(action, UNSUPPORTED)] if held else []
    )
    assert all(each.reason for each in plan.withheld)


def test_a_room_that_is_declared_over_is_emptied_all_the_same() -> None:
    plan = without_unsupported(Plan("line", 1, actions=(REMOVE_ANN,)), ENDED, {RING})
    assert plan.actions == (REMOVE_ANN,)
