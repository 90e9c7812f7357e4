from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.attempt import AttemptState
from reconciler.model.observation import (
    CallStatus,
    Observation,
    ParticipantStatus,
)
from reconciler.model.roster import Redial
from reconciler.planning.absence import (
    FOUND_IN_CALLS,
    absence,
    maybe_anothers,
    on_the_way,
)
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    NOW,
    attempt,
    call,
    ledger,
    leg,
    look,
    member,
    record,
    rings,
    roster,
)

POLICY = Redial()


@pytest.mark.parametrize(
    ("status", "age", "phase", "settled"),
    [
        pytest.param(None, 50, Phase.DIALING, False, id="no record yet"),
        pytest.param(None, 70, Phase.STALLED, False, id="no record for long"),
        pytest.param(CallStatus.QUEUED, 9e3, Phase.DIALING, False, id="queued"),
        pytest.param(CallStatus.INITIATED, 9, Phase.DIALING, False, id="initiated"),
        pytest.param(CallStatus.RINGING, 9, Phase.RINGING, False, id="ringing"),
        pytest.param(CallStatus.IN_PROGRESS, 9, Phase.RINGING, False, id="answered"),
        pytest.param(CallStatus.IN_PROGRESS, 99, Phase.LEFT, True, id="moved away"),
    ],
)
def test_a_placed_call_is_known_by_its_own_record(
    status: CallStatus | None, age: float, phase: Phase, *, settled: bool
) -> None:
    made = attempt(created_at=NOW - age)
    calls = () if status is None else (call(status=status, created_at=NOW - age),)
    found = absence(record("ann", made), POLICY, look(calls=calls), NOW)
    assert isinstance(found, Waiting)
    assert (found.phase, found.settled) == (phase, settled)
    assert found.since == (None if settled else NOW - age)


@pytest.mark.parametrize(("age", "phase"), [(29, Phase.DIALING), (30, Phase.STALLED)])
@pytest.mark.parametrize("state", [AttemptState.PENDING, AttemptState.UNKNOWN])
def test_a_lost_ring_is_looked_for_and_then_held_for_a_person(
    state: AttemptState, age: float, phase: Phase
) -> None:
    lost = attempt(state=state, call_sid=None, created_at=NOW - age)
    found = absence(record("ann", lost), POLICY, look(), NOW)
    assert isinstance(found, Waiting)
    assert found.phase is phase
    assert ("reconciler resolve line ann" in found.reason) is (age == 30)


@pytest.mark.parametrize("ahead", [10, 3600])
def test_a_ring_from_the_future_is_not_rung_past(ahead: float) -> None:
    for made in (
        attempt(created_at=NOW + ahead),
        attempt(created_at=NOW + ahead, state=AttemptState.UNKNOWN, call_sid=None),
    ):
        kept = ledger(record("ann", made))
        assert rings(make_plan(roster(member("ann")), look(), kept, NOW)) == []


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (ParticipantStatus.QUEUED, Phase.DIALING),
        (ParticipantStatus.CONNECTING, Phase.DIALING),
        (ParticipantStatus.RINGING, Phase.RINGING),
    ],
)
def test_a_listed_leg_is_on_the_way(status: ParticipantStatus, phase: Phase) -> None:
    waiting = on_the_way(leg(status=status), record("ann", attempt()))
    assert (waiting.phase, waiting.since) == (phase, NOW - 100)
    assert on_the_way(leg(status=status), record("ann")).since is None


def test_a_member_not_in_the_database_yet_has_no_history() -> None:
    plan = make_plan(roster(member("ann")), look(), ledger(), NOW)
    assert rings(plan) == ["ann"]
    assert replace(plan, actions=()).waiting == ()


def test_an_answered_call_that_was_only_found_and_never_joined_is_for_a_person() -> (
    None
):
    alone = attempt(reason=FOUND_IN_CALLS, conference_sid=None)
    answered = look(calls=(call(started_at=NOW - 40),))
    found = absence(record("ann", alone), POLICY, answered, NOW)
    assert isinstance(found, Waiting)
    assert (found.phase, found.settled) == (Phase.STALLED, False)
    assert "reconciler resolve line ann --rung" in found.reason
    assert maybe_anothers(alone, answered, NOW)


@pytest.mark.parametrize(
    "ours",
    [
        pytest.param({"reason": "Twilio accepted the call"}, id="answered for"),
        pytest.param(
            {"reason": FOUND_IN_CALLS, "connected_at": NOW - 40}, id="seen in the room"
        ),
    ],
)
def test_a_call_that_is_surely_ours_was_moved_out_of_the_room(
    ours: dict[str, Any],
) -> None:
    answered = look(calls=(call(started_at=NOW - 40),))
    found = absence(record("ann", attempt(**ours)), POLICY, answered, NOW)
    assert isinstance(found, Waiting)
    assert found.phase is Phase.LEFT
    assert not maybe_anothers(attempt(**ours), answered, NOW)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(look(calls=(call(started_at=NOW - 20),)), id="may still join"),
        pytest.param(look(leg(), calls=(call(started_at=NOW - 40),)), id="has joined"),
        pytest.param(look(calls=(call(status=CallStatus.RINGING),)), id="rings"),
        pytest.param(look(), id="without a record"),
    ],
)
def test_a_call_that_was_found_is_not_doubted_before_it_stays_away(
    seen: Observation,
) -> None:
    assert not maybe_anothers(attempt(reason=FOUND_IN_CALLS), seen, NOW)
