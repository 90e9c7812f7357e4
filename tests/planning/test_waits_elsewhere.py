"""A room that waits for another call: moving for a while, then for a person."""

from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase, state_of
from reconciler.model.roster import Limits
from reconciler.planning.plan import Phase
from reconciler.planning.planner import ELSEWHERE_SECONDS, make_plan
from tests.planning.samples import (
    NOW,
    attempt,
    guards,
    ledger,
    look,
    member,
    reasons,
    record,
    roster,
)
from tests.planning.test_phones import ANN, beside, other, waiting


def test_a_call_that_the_old_room_does_not_end_waits_for_a_person() -> None:
    gone = other(attempt(connected_at=NOW - 50), listed=False, dismissed_at=NOW - 20)
    young = beside(gone)
    assert waiting(young).phase is Phase.WAITING
    old = beside(replace(gone, dismissed_at=NOW - 40))
    wait = waiting(old)
    assert wait.phase is Phase.STALLED
    assert wait.reason.endswith(
        "To see why it has not ended: reconciler explain alpha ann"
    )
    assert state_of(old) is RoomPhase.STALLED
    assert old.requeue_after == ELSEWHERE_SECONDS


def test_a_person_just_added_waits_for_the_old_room_for_a_moment_first() -> None:
    gone = other(attempt(connected_at=NOW - 50), listed=False, dismissed_at=NOW - 900)
    kept = ledger(record("ann", changed_at=NOW - 5), elsewhere=(gone,))
    plan = make_plan(roster(member("ann")), look(), kept, NOW)
    assert waiting(plan).phase is Phase.WAITING


def test_who_waits_for_a_ring_of_the_same_phone_that_is_withheld_is_told() -> None:
    desk = [member(x, to=ANN) for x in ("j1", "j2")]
    declared = roster(*desk, member("bob"), limits=Limits(rings=1))
    kept = ledger(record("j1", to=ANN), record("j2", to=ANN), record("bob"))
    plan = make_plan(declared, look(), kept, NOW)
    assert sorted(guards(plan)) == [("limits.rings", "bob"), ("limits.rings", "j1")]
    (reason,) = reasons(plan, "j2")
    assert "is to be called for j1 first, and that ring is withheld" in reason
    assert reason.endswith("reconciler approve line")
    assert state_of(plan) is RoomPhase.STALLED


def test_a_coach_of_somebody_who_stalls_elsewhere_does_not_keep_the_room_moving() -> (
    None
):
    gone = other(attempt(connected_at=NOW - 90), listed=False, dismissed_at=NOW - 90)
    kept = ledger(record("ann"), record("sup"), elsewhere=(gone,))
    declared = roster(member("ann"), member("sup", coaching="ann"))
    plan = make_plan(declared, look(), kept, NOW)
    assert reasons(plan, "sup") == ["not called yet: ann is not in the room"]
    assert state_of(plan) is RoomPhase.STALLED
