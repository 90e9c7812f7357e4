"""A member who found a full conference is rung once there is a place."""

from typing import Any

from msgspec.structs import replace

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Participant
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    attempt,
    ledger,
    leg,
    look,
    member,
    reasons,
    record,
    removed,
    rings,
    roster,
)

MOST = (("max_participants", 2),)


def full(**fields: Any) -> Attempt:
    plain = attempt(
        "cara",
        id=9,
        state=AttemptState.REFUSED,
        outcome=CallOutcome.DELAYED,
        call_sid=None,
        conference_sid=None,
        code=16020,
        reason="the conference is full",
        created_at=NOW - 10,
        ended_at=NOW - 10,
    )
    return replace(plain, **fields)


def held(*attempts: Attempt, **fields: Any) -> Ledger:
    return ledger(
        record("ann", attempt("ann", call_sid=CA1)),
        record("bob", attempt("bob", id=2, call_sid=CA2)),
        record("cara", *attempts),
        **fields,
    )


def planned(kept: Ledger, *legs: Participant, most: bool = True) -> Plan:
    cara = member("cara", create_only=MOST if most else ())
    members = [member("ann"), member("bob"), cara]
    return make_plan(roster(*members), look(*legs), kept, NOW, 1)


BOTH = (leg(CA1), leg(CA2, "bob"))


def test_nobody_is_rung_into_a_conference_that_is_full_as_declared() -> None:
    made = planned(held(full(ended_at=NOW - 400, created_at=NOW - 400)), *BOTH)
    assert rings(made) == []
    assert reasons(made, "cara") == [
        "the conference is full (2): called when somebody leaves"
    ]
    assert not made.stalled


def test_somebody_is_rung_at_once_when_another_was_taken_out() -> None:
    kept = held(full(), memory={CA2: {"removed": int(NOW - 5)}})
    assert rings(planned(kept, *BOTH)) == ["cara"]


def test_somebody_is_rung_at_once_when_another_hung_up() -> None:
    gone = attempt(
        "bob",
        id=2,
        call_sid=CA2,
        state=AttemptState.ENDED,
        outcome=CallOutcome.LEFT,
        ended_at=NOW - 3,
    )
    kept = ledger(
        record("ann", attempt("ann", call_sid=CA1)),
        record("bob", gone),
        record("cara", full(created_at=NOW - 4, ended_at=NOW - 4)),
    )
    row = [full(id=9 + n, number=n + 1) for n in range(5)]
    assert rings(planned(kept, leg(CA1))) == ["cara"]
    waits = planned(held(*row), leg(CA1), leg(CA3, None), most=False)
    assert rings(waits) == []
    (waiting,) = [each for each in waits.waiting if each.label == "cara"]
    assert waiting.phase is Phase.WAITING
    assert waiting.until is not None


def test_a_full_conference_does_not_lift_what_the_redial_policy_says() -> None:
    busy = full(
        id=3,
        state=AttemptState.ENDED,
        outcome=CallOutcome.BUSY,
        code=None,
        call_sid=CA3,
    )
    kept = held(busy, full(number=2), memory={CA2: {"removed": int(NOW - 5)}})
    assert rings(planned(kept, *BOTH)) == []


def test_a_first_ring_is_sent_whatever_is_declared_of_places() -> None:
    assert rings(planned(held(), *BOTH)) == ["cara"]
    assert removed(planned(held(), *BOTH)) == []
