from typing import Any

import pytest

from reconciler.model.attempt import Attempt, AttemptState, Outcome
from reconciler.model.ledger import Record
from reconciler.model.roster import Cause, Redial
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.redial import Go, may_ring
from tests.planning.samples import NOW, attempt, record

POLICY = Redial(attempts=3, backoff=30.0)
EVERY = Redial(on=tuple(Cause), attempts=3, backoff=30.0)
LONG_AGO = NOW - 4000


def over(outcome: Outcome, number: int = 1, at: float = NOW, **fields: Any) -> Attempt:
    refused = outcome in {Outcome.REFUSED, Outcome.DELAYED}
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


def wait(found: Go | Waiting) -> Waiting:
    assert isinstance(found, Waiting)
    return found


def test_calls_that_a_person_made_are_no_rings_of_ours() -> None:
    own = [over(Outcome.LEFT, number=0, id=x, at=NOW - 900 + x) for x in (1, 2, 3)]
    assert may_ring(kept(*own), EVERY, NOW) == Go(1, "redialled after: left")
    rings = [over(Outcome.BUSY, number=x, at=NOW - 900) for x in (1, 2)]
    between = over(Outcome.LEFT, number=0, id=9, at=NOW - 900)
    assert isinstance(may_ring(kept(*rings, between), EVERY, NOW), Go)
    assert isinstance(
        may_ring(kept(*rings, between, over(Outcome.BUSY, 3)), EVERY, NOW), Waiting
    )


def test_a_member_never_rung_is_rung_at_once() -> None:
    assert may_ring(kept(), POLICY, NOW) == Go(1, "declared and not in the room")


@pytest.mark.parametrize("outcome", [Outcome.REMOVED, Outcome.NOT_RUNG])
def test_some_ends_are_no_ends(outcome: Outcome) -> None:
    assert isinstance(may_ring(kept(over(outcome)), POLICY, NOW), Go)


@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.NO_ANSWER, Outcome.FAILED])
def test_a_cause_on_the_list_is_rung_again_after_the_backoff(outcome: Outcome) -> None:
    waiting = wait(may_ring(kept(over(outcome)), POLICY, NOW))
    assert waiting.phase is Phase.WAITING
    assert waiting.until is not None
    assert 27 <= waiting.until - NOW <= 33
    assert isinstance(may_ring(kept(over(outcome)), POLICY, NOW + 34), Go)


@pytest.mark.parametrize(
    ("outcome", "phase"),
    [
        (Outcome.LEFT, Phase.LEFT),
        (Outcome.ROOM_ENDED, Phase.LEFT),
        (Outcome.MOVED, Phase.LEFT),
        (Outcome.CANCELED, Phase.LEFT),
        (Outcome.RUNG, Phase.LEFT),
    ],
)
def test_who_left_is_not_rung_until_asked(outcome: Outcome, phase: Phase) -> None:
    waiting = wait(may_ring(kept(over(outcome)), POLICY, NOW + 1e6))
    assert (waiting.phase, waiting.settled) == (phase, True)


def test_a_cause_that_the_policy_does_not_name_is_respected() -> None:
    policy = Redial(on=(Cause.BUSY,))
    waiting = wait(may_ring(kept(over(Outcome.NO_ANSWER)), policy, NOW + 1e6))
    assert (waiting.phase, waiting.settled) == (Phase.FAILED, True)


def test_who_left_is_rung_again_if_the_policy_says_so() -> None:
    assert isinstance(may_ring(kept(over(Outcome.LEFT)), EVERY, NOW + 34), Go)


def test_the_backoff_doubles_with_each_ring() -> None:
    first, second = over(Outcome.BUSY), over(Outcome.BUSY, 2)
    waiting = wait(may_ring(kept(first, second), POLICY, NOW))
    assert waiting.until is not None
    assert 54 <= waiting.until - NOW <= 66


def test_the_backoff_stays_a_number_however_many_rings_there_were() -> None:
    policy = Redial(attempts=5000, backoff=30.0)
    rung = [over(Outcome.BUSY, number) for number in range(1, 1500)]
    waiting = wait(may_ring(kept(*rung), policy, NOW))
    assert waiting.until is not None
    assert waiting.until - NOW < 40_000


def test_a_spent_budget_is_for_a_person() -> None:
    rung = [over(Outcome.BUSY, number) for number in (1, 2, 3)]
    waiting = wait(may_ring(kept(*rung), POLICY, NOW + 1e6))
    assert waiting.phase is Phase.STALLED
    assert "gave up after 3 of 3 attempts" in waiting.reason


def test_what_was_not_rung_costs_no_budget() -> None:
    rung = [
        over(Outcome.DELAYED, 1),
        over(Outcome.NOT_RUNG, 2),
        over(Outcome.DELAYED, 3),
        over(Outcome.BUSY, 4),
    ]
    assert may_ring(kept(*rung), POLICY, NOW + 34) == Go(5, "redialled after: busy")


@pytest.mark.parametrize(("seconds", "rung"), [(599, False), (600, True)])
def test_ten_minutes_in_the_room_restore_the_budget(
    seconds: float, *, rung: bool
) -> None:
    stood = over(Outcome.LEFT, 3, connected_at=NOW - seconds)
    earlier = [over(Outcome.BUSY, 1), over(Outcome.BUSY, 2)]
    found = may_ring(kept(*earlier, stood), EVERY, NOW + 34)
    assert isinstance(found, Go) is rung


def test_a_changed_entry_restores_the_budget_and_does_not_wait() -> None:
    rung = [over(Outcome.BUSY, number, NOW - 100) for number in (1, 2, 3)]
    assert isinstance(may_ring(kept(*rung, changed_at=NOW - 50), POLICY, NOW), Go)


def test_a_changed_entry_does_not_call_back_who_left() -> None:
    left = over(Outcome.LEFT, 1, NOW - 100)
    assert wait(may_ring(kept(left, changed_at=NOW - 50), POLICY, NOW)).settled


def test_an_entry_that_changes_in_the_future_has_not_changed() -> None:
    rung = [over(Outcome.BUSY, number, NOW - 100) for number in (1, 2, 3)]
    ahead = kept(*rung, changed_at=NOW + 3600)
    assert wait(may_ring(ahead, POLICY, NOW)).phase is Phase.STALLED
    refused = kept(over(Outcome.REFUSED, 1, NOW - 100), changed_at=NOW + 3600)
    assert wait(may_ring(refused, POLICY, NOW)).phase is Phase.STALLED


def test_an_end_in_the_future_is_waited_for() -> None:
    ahead = over(Outcome.BUSY, 1, NOW + 3600)
    assert isinstance(may_ring(kept(ahead), POLICY, NOW), Waiting)


def test_a_refusal_is_for_a_person_until_the_entry_changes() -> None:
    refused = over(Outcome.REFUSED, 1, NOW - 100)
    assert wait(may_ring(kept(refused), POLICY, NOW)).phase is Phase.STALLED
    assert isinstance(may_ring(kept(refused, changed_at=NOW - 50), POLICY, NOW), Go)


@pytest.mark.parametrize(
    ("count", "least", "most"), [(1, 0.9, 1.1), (4, 7.2, 8.8), (20, 270, 330)]
)
def test_a_delayed_ring_waits_longer_each_time(
    count: int, least: float, most: float
) -> None:
    rung = [over(Outcome.DELAYED, number) for number in range(1, count + 1)]
    waiting = wait(may_ring(kept(*rung), POLICY, NOW))
    assert waiting.until is not None
    assert least <= waiting.until - NOW <= most
    assert isinstance(may_ring(kept(*rung), POLICY, NOW + most + 1), Go)


def test_a_person_asking_begins_a_new_intent() -> None:
    left = over(Outcome.LEFT)
    assert may_ring(kept(left, intent=2), POLICY, NOW) == Go(
        1, "declared and not in the room"
    )


def test_a_found_call_does_not_begin_the_numbers_anew() -> None:
    rung = [over(Outcome.BUSY, 1), over(Outcome.LEFT, 0)]
    assert may_ring(kept(*rung), EVERY, NOW + 100) == Go(2, "redialled after: left")


def test_two_phones_are_not_rung_in_step() -> None:
    times = {
        wait(may_ring(kept(over(Outcome.BUSY, 1, id=n)), POLICY, NOW)).until
        for n in range(20)
    }
    assert len(times) > 10
