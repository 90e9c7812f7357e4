"""A call that a second source reports: its own record decides, and its absence nothing."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Call, CallStatus, Observation
from reconciler.model.reported_call import ReportedCall, ReportSource
from reconciler.planning.absence import FOUND_IN_CALLS, LOST_CREATE_SECONDS
from reconciler.planning.finding import Finding, Progress
from reconciler.planning.identity import match_participants
from reconciler.planning.questions import questions_for
from reconciler.planning.resolve_attempts import resolve_attempts
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    NUMBERS,
    SENDER,
    attempt,
    call,
    ledger,
    look,
    record,
)

UNKNOWN, PLACED = AttemptState.UNKNOWN, AttemptState.PLACED
ANN = NUMBERS["ann"]


def report(sid: str = CA2, label: str = "ann", to: str = ANN) -> ReportedCall:
    return ReportedCall(sid, ReportSource.EVENT_STREAMS, label, to)


def lost(**fields: Any) -> Attempt:
    fields = {"state": UNKNOWN, "call_sid": None, "conference_sid": None} | fields
    return attempt(**fields)


def over(sid: str = CA2, **fields: Any) -> Call:
    return call(sid, **{"status": CallStatus.NO_ANSWER, **fields})


def seen(*reports: ReportedCall, calls: tuple[Call, ...], **more: Any) -> Observation:
    return replace(look(calls=calls, **more), reported=reports)


def found(kept: Ledger, observation: Observation) -> tuple[Finding, ...]:
    matching = match_participants(observation, kept)
    return resolve_attempts(kept, matching, observation, NOW).findings


@pytest.mark.parametrize("state", [AttemptState.PENDING, UNKNOWN])
@pytest.mark.parametrize("named", [report(), report(to=""), report(label="")])
def test_a_reported_call_places_the_attempt_once_its_record_says_the_same(
    state: AttemptState, named: ReportedCall
) -> None:
    kept = ledger(record("ann", lost(state=state)))
    (progress,) = found(kept, seen(named, calls=(over(),)))
    assert isinstance(progress, Progress)
    assert (progress.state, progress.call_sid) == (PLACED, CA2)
    assert progress.reason == "Event Streams reports the call"


def test_other_calls_to_the_phone_do_not_make_a_reported_one_doubtful() -> None:
    kept = ledger(record("ann", lost()))
    both = (over(), over(CA3))
    ambiguous = look(searched={ANN: both})
    assert found(kept, ambiguous) == ()
    (progress,) = found(kept, seen(report(), calls=both[:1], searched={ANN: both}))
    assert isinstance(progress, Progress)
    assert progress.call_sid == CA2


@pytest.mark.parametrize(
    "record_of_call",
    [
        None,
        over(party=NUMBERS["bob"]),
        over(inbound=True),
        over(created_at=NOW - 100 - 61),
        over(created_at=NOW - 97 + 61),
        over(sender="+15550009999"),
        over(ended_at=NOW - 101.1),
    ],
    ids=["none", "another phone", "inbound", "before", "after", "sender", "over"],
)
def test_a_report_that_the_calls_own_record_does_not_bear_out_is_not_believed(
    record_of_call: Call | None,
) -> None:
    kept = ledger(record("ann", lost()))
    calls = () if record_of_call is None else (record_of_call,)
    assert found(kept, seen(report(), calls=calls)) == ()


@pytest.mark.parametrize(
    "named", [report(label="bob"), report(to=NUMBERS["bob"]), report(label="", to="")]
)
def test_a_report_of_somebody_else_is_not_believed(named: ReportedCall) -> None:
    kept = ledger(record("ann", lost()))
    assert found(kept, seen(named, calls=(over(),))) == ()
    assert questions_for(kept, NOW, (named,)).reported == ()


def test_a_call_that_ended_in_the_second_of_its_create_may_be_its_own() -> None:
    kept = ledger(record("ann", lost(created_at=NOW - 99.3)))
    assert len(found(kept, seen(report(), calls=(over(ended_at=NOW - 100),)))) == 1
    assert len(found(kept, look(searched={ANN: (over(ended_at=NOW - 100),)}))) == 1


def test_two_reported_calls_that_both_fit_decide_nothing() -> None:
    kept = ledger(record("ann", lost()))
    both = seen(report(CA2), report(CA3), calls=(over(CA2), over(CA3)))
    assert found(kept, both) == ()


def test_the_same_call_reported_twice_is_one() -> None:
    kept = ledger(record("ann", lost()))
    insights = replace(report(), source=ReportSource.VOICE_INSIGHTS)
    assert len(found(kept, seen(report(), insights, calls=(over(),)))) == 1


def test_a_call_of_an_earlier_attempt_is_not_that_of_a_lost_one() -> None:
    before = attempt(id=7, state=AttemptState.ENDED, call_sid=CA2, number=1)
    kept = ledger(record("ann", before, lost(number=2)))
    assert found(kept, seen(report(), calls=(over(),))) == ()
    taken = ledger(record("ann", lost()), claimed=frozenset({CA2}))
    assert found(taken, seen(report(), calls=(over(),))) == ()


def test_a_call_that_may_be_of_an_attempt_that_a_person_decided_stays_open() -> None:
    decided = attempt(
        id=7,
        state=AttemptState.ENDED,
        call_sid=None,
        outcome=CallOutcome.NOT_RUNG,
        created_at=NOW - 130,
        send_by=NOW - 127,
    )
    kept = ledger(record("ann", decided, lost(number=2)))
    assert found(kept, seen(report(), calls=(over(),))) == ()
    older = replace(decided, created_at=NOW - 900, send_by=NOW - 897)
    apart = ledger(record("ann", older, lost(number=2)))
    assert len(found(apart, seen(report(), calls=(over(),)))) == 1


def test_a_create_that_is_under_way_is_not_decided_by_a_report() -> None:
    kept = ledger(record("ann", lost()), under_way=frozenset({1}))
    assert found(kept, seen(report(), calls=(over(),))) == ()
    assert questions_for(kept, NOW, (report(),)).reported == ()


def test_a_report_of_the_label_that_the_create_gave_counts_after_a_renaming() -> None:
    renamed = lost(
        label="annie", to=ANN, sent=(("from", SENDER), ("label", "ann"), ("to", ANN))
    )
    kept = ledger(record("annie", renamed, to=ANN))
    (progress,) = found(kept, seen(report(), calls=(over(),)))
    assert isinstance(progress, Progress)
    assert progress.call_sid == CA2


def test_without_a_report_a_lost_create_is_looked_for_as_before() -> None:
    kept = ledger(record("ann", lost()))
    (progress,) = found(kept, look(searched={ANN: (over(),)}))
    assert isinstance(progress, Progress)
    assert progress.reason == FOUND_IN_CALLS
    assert found(kept, look()) == ()


def test_the_records_of_reported_calls_are_asked_for_while_a_create_is_lost() -> None:
    reports = (report(), report(CA3, "bob", NUMBERS["bob"]))
    kept = ledger(record("ann", lost()), record("bob", attempt("bob", id=2)))
    assert questions_for(kept, NOW, reports).reported == (report(),)
    settled = ledger(record("ann", attempt(call_sid=CA1)))
    assert questions_for(settled, NOW, reports).reported == ()


@pytest.mark.parametrize("age", [LOST_CREATE_SECONDS - 1, LOST_CREATE_SECONDS])
def test_another_source_is_asked_once_a_lost_create_waits_for_a_person(
    age: float,
) -> None:
    kept = ledger(record("ann", lost(created_at=NOW - age, send_by=NOW - age + 3)))
    asked = questions_for(kept, NOW).undecided
    assert [(x.attempt_id, x.room, x.label, x.to) for x in asked] == [
        (1, "line", "ann", ANN)
    ] * (age >= LOST_CREATE_SECONDS)
