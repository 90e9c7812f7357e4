from typing import Any

import pytest

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Record
from reconciler.model.roster import Cause, Redial
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.redial import RingAllowed, may_ring
from tests.planning.samples import NOW, attempt, record

POLICY = Redial(attempts=3, backoff=30.0)
EVERY = Redial(on=tuple(Cause), attempts=3, backoff=30.0)
LONG_AGO = NOW - 4000


def over(
    outcome: CallOutcome, number: int = 1, at: float = NOW, **fields: Any
) -> Attempt:
    refused = outcome in {CallOutcome.REFUSED, CallOutcome.DELAYED}
    state = AttemptState.REFUSED if refused else AttemptState.ENDED
    made: dict[str, Any] = {
        "id": number,
        "number": number,
        "state": state,
        "outcome": outcome,
        "created_at": at - 20,
        "ended_at": at,
        **fields,
    }
    return attempt(**made)


def kept(*attempts: Attempt, **fields: Any) -> Record:
    return record("ann", *attempts, **{"changed_at": NOW - 9000, **fields})


def wait(found: RingAllowed | Waiting) -> Waiting:
    assert isinstance(found, Waiting)
    return found


def test_calls_that_a_person_made_are_no_rings_of_ours() -> None:
    own = [over(CallOutcome.LEFT, number=0, id=x, at=NOW - 900 + x) for x in (1, 2, 3)]
    assert may_ring(kept(*own), EVERY, NOW) == RingAllowed(1, "redialed after: left")
    rings = [over(CallOutcome.BUSY, number=x, at=NOW - 900) for x in (1, 2)]
    between = over(CallOutcome.LEFT, number=0, id=9, at=NOW - 900)
    assert isinstance(may_ring(kept(*rings, between), EVERY, NOW), RingAllowed)
    assert isinstance(
        may_ring(kept(*rings, between, over(CallOutcome.BUSY, 3)), EVERY, NOW), Waiting
    )


def test_a_member_never_rung_is_rung_at_once() -> None:
    assert may_ring(kept(), POLICY, NOW) == RingAllowed(
        1, "declared and not in the room"
    )


@pytest.mark.parametrize("outcome", [CallOutcome.REMOVED, CallOutcome.NOT_RUNG])
def test_some_ends_are_no_ends(outcome: CallOutcome) -> None:
    assert isinstance(may_ring(kept(over(outcome)), POLICY, NOW), RingAllowed)


@pytest.mark.parametrize(
    "outcome", [CallOutcome.BUSY, CallOutcome.NO_ANSWER, CallOutcome.FAILED]
)
def test_a_cause_on_the_list_is_rung_again_after_the_backoff(
    outcome: CallOutcome,
) -> None:
    waiting = wait(may_ring(kept(over(outcome)), POLICY, NOW))
    assert waiting.phase is Phase.WAITING
    assert waiting.until is not None
    assert 27 <= waiting.until - NOW <= 33
    assert isinstance(may_ring(kept(over(outcome)), POLICY, NOW + 34), RingAllowed)


@pytest.mark.parametrize(
    ("outcome", "phase"),
    [
        (CallOutcome.LEFT, Phase.LEFT),
        (CallOutcome.ROOM_ENDED, Phase.LEFT),
        (CallOutcome.MOVED, Phase.LEFT),
        (CallOutcome.CANCELED, Phase.LEFT),
        (CallOutcome.RUNG, Phase.LEFT),
    ],
)
def test_who_left_is_not_rung_until_asked(outcome: CallOutcome, phase: Phase) -> None:
    waiting = wait(may_ring(kept(over(outcome)), POLICY, NOW + 1e6))
    assert (waiting.phase, waiting.settled) == (phase, True)


def test_a_cause_that_the_policy_does_not_name_is_respected() -> None:
    policy = Redial(on=(Cause.BUSY,))
    waiting = wait(may_ring(kept(over(CallOutcome.NO_ANSWER)), policy, NOW + 1e6))
    assert (waiting.phase, waiting.settled) == (Phase.FAILED, True)


def test_who_left_is_rung_again_if_the_policy_says_so() -> None:
    assert isinstance(
        may_ring(kept(over(CallOutcome.LEFT)), EVERY, NOW + 34), RingAllowed
    )


def test_the_backoff_doubles_with_each_ring() -> None:
    first, second = over(CallOutcome.BUSY), over(CallOutcome.BUSY, 2)
    waiting = wait(may_ring(kept(first, second), POLICY, NOW))
    assert waiting.until is not None
    assert 54 <= waiting.until - NOW <= 66


def test_the_backoff_stays_a_number_however_many_rings_there_were() -> None:
    policy = Redial(attempts=5000, backoff=30.0)
    rung = [over(CallOutcome.BUSY, number) for number in range(1, 1500)]
    waiting = wait(may_ring(kept(*rung), policy, NOW))
    assert waiting.until is not None
    assert waiting.until - NOW < 40_000


def test_a_spent_budget_is_for_a_person() -> None:
    rung = [over(CallOutcome.BUSY, number) for number in (1, 2, 3)]
    waiting = wait(may_ring(kept(*rung), POLICY, NOW + 1e6))
    assert waiting.phase is Phase.STALLED
    assert "gave up after 3 of 3 attempts" in waiting.reason


def test_what_was_not_rung_costs_no_budget() -> None:
    rung = [
        over(CallOutcome.DELAYED, 1),
        over(CallOutcome.NOT_RUNG, 2),
        over(CallOutcome.DELAYED, 3),
        over(CallOutcome.BUSY, 4),
    ]
    assert may_ring(kept(*rung), POLICY, NOW + 34) == RingAllowed(
        5, "redialed after: busy"
    )


@pytest.mark.parametrize(("seconds", "rung"), [(599, False), (600, True)])
def test_ten_minutes_in_the_room_restore_the_budget(
    seconds: float, *, rung: bool
) -> None:
    stood = over(CallOutcome.LEFT, 3, connected_at=NOW - seconds)
    earlier = [over(CallOutcome.BUSY, 1), over(CallOutcome.BUSY, 2)]
    found = may_ring(kept(*earlier, stood), EVERY, NOW + 34)
    assert isinstance(found, RingAllowed) is rung


def test_a_changed_entry_restores_the_budget_and_does_not_wait() -> None:
    rung = [over(CallOutcome.BUSY, number, NOW - 100) for number in (1, 2, 3)]
    assert isinstance(
        may_ring(kept(*rung, changed_at=NOW - 50), POLICY, NOW), RingAllowed
    )


def test_a_changed_entry_does_not_call_back_who_left() -> None:
    left = over(CallOutcome.LEFT, 1, NOW - 100)
    assert wait(may_ring(kept(left, changed_at=NOW - 50), POLICY, NOW)).settled


def test_an_entry_that_changes_in_the_future_has_not_changed() -> None:
    rung = [over(CallOutcome.BUSY, number, NOW - 100) for number in (1, 2, 3)]
    ahead = kept(*rung, changed_at=NOW + 3600)
    assert wait(may_ring(ahead, POLICY, NOW)).phase is Phase.STALLED
    refused = kept(over(CallOutcome.REFUSED, 1, NOW - 100), changed_at=NOW + 3600)
    assert wait(may_ring(refused, POLICY, NOW)).phase is Phase.STALLED


def test_an_end_in_the_future_is_waited_for() -> None:
    ahead = over(CallOutcome.BUSY, 1, NOW + 3600)
    assert isinstance(may_ring(kept(ahead), POLICY, NOW), Waiting)


def test_a_refusal_is_for_a_person_until_the_entry_changes() -> None:
    refused = over(CallOutcome.REFUSED, 1, NOW - 100)
    assert wait(may_ring(kept(refused), POLICY, NOW)).phase is Phase.STALLED
    assert isinstance(
        may_ring(kept(refused, changed_at=NOW - 50), POLICY, NOW), RingAllowed
    )


@pytest.mark.parametrize(
    ("count", "least", "most"), [(1, 0.9, 1.1), (4, 7.2, 8.8), (20, 270, 330)]
)
def test_a_delayed_ring_waits_longer_each_time(
    count: int, least: float, most: float
) -> None:
    rung = [over(CallOutcome.DELAYED, number) for number in range(1, count + 1)]
    waiting = wait(may_ring(kept(*rung), POLICY, NOW))
    assert waiting.until is not None
    assert least <= waiting.until - NOW <= most
    assert isinstance(may_ring(kept(*rung), POLICY, NOW + most + 1), RingAllowed)


def test_a_person_asking_begins_a_new_intent() -> None:
    left = over(CallOutcome.LEFT)
    assert may_ring(kept(left, intent=2), POLICY, NOW) == RingAllowed(
        1, "declared and not in the room"
    )


def test_a_found_call_does_not_begin_the_numbers_anew() -> None:
    rung = [over(CallOutcome.BUSY, 1), over(CallOutcome.LEFT, 0)]
    assert may_ring(kept(*rung), EVERY, NOW + 100) == RingAllowed(
        2, "redialed after: left"
    )


def test_two_phones_are_not_rung_in_step() -> None:
    times = {
        wait(may_ring(kept(over(CallOutcome.BUSY, 1, id=n)), POLICY, NOW)).until
        for n in range(20)
    }
    assert len(times) > 10
