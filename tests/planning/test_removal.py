import pytest
from msgspec.structs import replace

from reconciler.model.action import Change, Remove
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.observation import CallStatus, ParticipantStatus
from reconciler.model.roster import RoomState, Unlisted
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CF,
    NOW,
    NUMBERS,
    attempt,
    call,
    field_changes,
    ledger,
    leg,
    look,
    member,
    plan_for,
    reasons,
    record,
    removed,
    roster,
)

LOST = attempt(state=AttemptState.UNKNOWN, call_sid=None)
RINGING = ParticipantStatus.RINGING
STRANGER = call(CA2, "+15559990001", inbound=True)


def dismissed(*attempts: Attempt, memory: int | None = None) -> Plan:
    kept = ledger(record("ann", *attempts, dismissed_at=NOW - 5))
    if memory is not None:
        kept = replace(kept, memory={CA1: {"removed": memory}})
    return make_plan(roster(), look(leg()), kept, NOW)


def test_who_left_the_roster_is_removed() -> None:
    (remove,) = dismissed(attempt()).actions
    assert remove == Remove(
        "ann", CA1, CF, connected=True, reason="no longer in the roster"
    )


@pytest.mark.parametrize("removed_at", [int(NOW) - 29, int(NOW) + 29])
def test_who_was_removed_a_moment_ago_is_not_removed_again(removed_at: int) -> None:
    plan = dismissed(attempt(), memory=removed_at)
    assert plan.actions == ()
    assert reasons(plan, "ann") == ["was removed, but is still listed"]
    assert not plan.converged


@pytest.mark.parametrize("removed_at", [int(NOW) - 31, int(NOW) + 3600])
def test_who_is_listed_long_after_is_removed_again(removed_at: int) -> None:
    assert removed(dismissed(attempt(), memory=removed_at)) == [CA1]


@pytest.mark.parametrize(
    ("status", "gone"),
    [
        (CallStatus.QUEUED, [CA1]),
        (CallStatus.RINGING, [CA1]),
        (CallStatus.IN_PROGRESS, []),
        (CallStatus.COMPLETED, []),
    ],
)
def test_an_unlisted_call_is_ended_unless_somebody_answered_it(
    status: CallStatus, gone: list[str]
) -> None:
    kept = ledger(record("ann", attempt(), dismissed_at=NOW - 5))
    plan = make_plan(roster(), look(calls=(call(CA1, status=status),)), kept, NOW)
    assert removed(plan) == gone


@pytest.mark.parametrize(("age", "phase"), [(5, Phase.DIALING), (50, Phase.STALLED)])
def test_a_lost_ring_of_who_left_the_roster_is_said(age: int, phase: Phase) -> None:
    lost = replace(LOST, created_at=NOW - age)
    kept = ledger(record("ann", lost, dismissed_at=NOW - 5))
    plan = make_plan(roster(), look(), kept, NOW)
    assert [each.phase for each in plan.waiting] == [phase]
    assert not plan.converged


@pytest.mark.parametrize("listed", [True, False])
def test_a_phone_that_rings_is_let_off_when_its_owner_came_in_otherwise(
    *, listed: bool
) -> None:
    inbound = call(CA2, NUMBERS["ann"], inbound=True)
    ringing = call(CA1, status=CallStatus.RINGING)
    legs = (leg(CA2, None), *([leg(CA1, status=RINGING)] if listed else []))
    kept = ledger(record("ann", attempt()))
    seen = look(*legs, calls=(inbound, ringing))
    (remove,) = make_plan(roster(member("ann")), seen, kept, NOW).actions
    assert isinstance(remove, Remove)
    assert (remove.call_sid, remove.connected) == (CA1, False)


def test_two_calls_that_both_stand_are_left_to_their_owner() -> None:
    inbound = call(CA2, NUMBERS["ann"], inbound=True)
    kept = ledger(record("ann", attempt(connected_at=NOW - 9)))
    seen = look(leg(CA1), leg(CA2, None), calls=(inbound,))
    for rule in Unlisted:
        plan = make_plan(roster(member("ann"), unlisted=rule), seen, kept, NOW)
        assert plan.actions == ()


@pytest.mark.parametrize(
    ("rule", "done"),
    [
        (Unlisted.KEEP, None),
        (Unlisted.MUTE, {"muted": True}),
        (Unlisted.HOLD, {"hold": True}),
        (Unlisted.REMOVE, {}),
    ],
)
def test_strangers_are_treated_as_the_roster_says(
    rule: Unlisted, done: dict[str, bool] | None
) -> None:
    seen = look(leg(CA2, None), calls=(STRANGER,))
    plan = make_plan(roster(unlisted=rule), seen, ledger(), NOW)
    found = [field_changes(a) if isinstance(a, Change) else {} for a in plan.actions]
    assert found == ([] if done is None else [done])
    assert [each.call_sid for each in plan.unlisted] == [CA2]


@pytest.mark.parametrize("rule", [Unlisted.MUTE, Unlisted.HOLD])
def test_strangers_as_they_shall_be_or_on_the_way_are_left(rule: Unlisted) -> None:
    for stranger in (
        leg(CA2, None, muted=True, hold=True),
        leg(CA2, None, status=RINGING),
    ):
        seen = look(stranger, calls=(STRANGER,))
        assert make_plan(roster(unlisted=rule), seen, ledger(), NOW).actions == ()


def test_a_stranger_with_a_members_label_is_not_spoken_of_as_the_member() -> None:
    seen = look(leg(CA2, "ann"), calls=(call(CA2, "+15559990001"),))
    kept = ledger(record("ann"))
    plan = make_plan(roster(member("ann"), unlisted=Unlisted.MUTE), seen, kept, NOW)
    assert [each.label for each in plan.actions] == [""]


def closing(*, listed: bool, made: Attempt, status: CallStatus) -> Plan:
    ended = replace(roster(member("ann")), state=RoomState.ENDED)
    legs = [leg(CA2, "bob")] if listed else []
    seen = look(*legs, calls=(call(CA1, status=status), call(CA2, NUMBERS["bob"])))
    return make_plan(ended, seen, ledger(record("ann", made)), NOW)


def test_a_room_declared_ended_is_closed_with_every_call_on_its_way() -> None:
    plan = closing(listed=True, made=attempt(), status=CallStatus.RINGING)
    first, second = plan.actions
    assert isinstance(first, Remove)
    assert isinstance(second, Remove)
    assert (first.call_sid, first.conference_sid) == (None, CF)
    assert "1 person is in it" in first.reason
    assert (second.call_sid, second.connected) == (CA1, False)


def test_a_closed_room_is_at_rest() -> None:
    plan = closing(listed=False, made=attempt(), status=CallStatus.COMPLETED)
    assert plan.actions == ()
    assert plan.converged
    assert [each.phase for each in plan.people] == [Phase.ABSENT]


def test_a_lost_ring_keeps_a_room_from_being_called_closed() -> None:
    plan = closing(listed=False, made=LOST, status=CallStatus.COMPLETED)
    assert plan.stalled


@pytest.mark.parametrize("said", [{"muted": True}, {"hold": True}])
def test_who_was_let_off_and_answered_all_the_same_is_silenced(
    said: dict[str, bool],
) -> None:
    plan = plan_for(
        member("ann", end_conference_on_exit=True, **said),
        legs=(leg(),),
        memory={CA1: {"removed": int(NOW) - 2}},
    )
    assert [field_changes(each) for each in plan.actions] == [said]


def test_nothing_is_changed_of_a_member_who_was_just_taken_out() -> None:
    plan = plan_for(
        member("ann", muted=False),
        legs=(leg(muted=True),),
        memory={CA1: {"removed": int(NOW) - 2}},
    )
    assert plan.actions == ()
    assert reasons(plan, "ann") == ["was removed, but is still listed"]
