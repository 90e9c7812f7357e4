from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
    ParticipantStatus,
    Questions,
)
from reconciler.model.reported_call import LostCreate
from reconciler.planning.absence import LOST_CREATE_SECONDS, NO_RECORD_SECONDS
from reconciler.planning.finding import Adopted, Finding, Forgotten, Progress
from reconciler.planning.identity import match_participants
from reconciler.planning.questions import questions_for
from reconciler.planning.resolve_attempts import resolve_attempts
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    CF,
    NOW,
    NUMBERS,
    ROOM,
    attempt,
    call,
    ledger,
    leg,
    look,
    record,
)

PENDING, UNKNOWN = AttemptState.PENDING, AttemptState.UNKNOWN
PLACED, ENDED = AttemptState.PLACED, AttemptState.ENDED
RINGING = ParticipantStatus.RINGING


def found(kept: Ledger, seen: Observation) -> tuple[Finding, ...]:
    return resolve_attempts(kept, match_participants(seen, kept), seen, NOW).findings


def lost(state: AttemptState = UNKNOWN, **fields: Any) -> Attempt:
    return attempt(state=state, call_sid=None, conference_sid=None, **fields)


def ringing(sid: str, **fields: Any) -> Call:
    return call(sid, **{"status": CallStatus.RINGING, **fields})


def ended_as(status: CallStatus) -> Observation:
    return look(calls=(call(CA1, status=status),))


@pytest.mark.parametrize("state", [PENDING, UNKNOWN])
@pytest.mark.parametrize(
    ("status", "connected_at"),
    [(ParticipantStatus.CONNECTED, NOW), (RINGING, None)],
)
def test_a_lost_ring_is_found_as_a_leg_of_the_members(
    state: AttemptState, status: ParticipantStatus, connected_at: float | None
) -> None:
    (progress,) = found(ledger(record("ann", lost(state))), look(leg(status=status)))
    assert isinstance(progress, Progress)
    assert (progress.state, progress.call_sid) == (PLACED, CA1)
    assert (progress.conference_sid, progress.connected_at) == (CF, connected_at)


@pytest.mark.parametrize(
    ("age", "settled"), [(LOST_CREATE_SECONDS - 1, False), (LOST_CREATE_SECONDS, True)]
)
def test_who_dialed_in_may_still_be_rung_by_a_create_that_was_lost(
    age: float, *, settled: bool
) -> None:
    kept = ledger(record("ann", lost(created_at=NOW - age)))
    came = call(CA2, NUMBERS["ann"], inbound=True)
    findings = found(kept, look(leg(CA2, None), calls=(came,)))
    assert [getattr(each, "call_sid", "") for each in findings] == [CA2] * settled


@pytest.mark.parametrize("inbound", [False, True])
def test_a_call_of_another_phone_is_no_call_of_a_lost_ring(*, inbound: bool) -> None:
    kept = ledger(record("ann", lost(created_at=NOW - 900)))
    other = call(CA2, NUMBERS["bob"], inbound=inbound)
    moved = replace(kept.records["ann"], to=NUMBERS["bob"])
    for known in (kept, ledger(moved)):
        assert found(known, look(leg(CA2), calls=(other,))) == ()


@pytest.mark.parametrize("same", [False, True])
def test_a_label_alone_is_no_call_of_a_lost_ring_if_another_gave_it(
    *, same: bool
) -> None:
    """Bob was called as ann before the roster changed; the call's record is late."""
    bob = attempt(
        id=2,
        label="bob",
        to=NUMBERS["bob"],
        state=UNKNOWN,
        call_sid=None,
        conference_sid=None,
        sent=(("label", "ann" if same else "bob"),),
    )
    kept = ledger(record("ann", lost()), record("bob", bob))
    findings = found(kept, look(leg(CA2, "ann")))
    settled = [each.label for each in findings if isinstance(each, Progress)]
    assert ("ann" in settled) is not same


def test_a_lost_ring_is_found_as_the_one_call_to_the_number() -> None:
    seen = look(searched={NUMBERS["ann"]: (ringing(CA2),)})
    (progress,) = found(ledger(record("ann", lost())), seen)
    assert isinstance(progress, Progress)
    assert (progress.state, progress.call_sid) == (PLACED, CA2)


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param((), id="nothing"),
        pytest.param((ringing(CA2), ringing(CA3)), id="two calls"),
        pytest.param((ringing(CA2, inbound=True),), id="a call from the number"),
        pytest.param((ringing(CA2, created_at=NOW - 200),), id="a call before"),
        pytest.param((ringing(CA2, created_at=NOW - 10),), id="a call much later"),
        pytest.param(
            (ringing(CA2, created_at=None, started_at=NOW - 500),),
            id="one begun before",
        ),
        pytest.param((ringing(CA2, sender="+15558880000"),), id="a call from another"),
    ],
)
def test_a_lost_ring_stays_unknown_without_one_call_that_it_must_be(
    calls: tuple[Call, ...],
) -> None:
    seen = look(searched={NUMBERS["ann"]: calls})
    assert found(ledger(record("ann", lost())), seen) == ()


def test_a_queued_call_without_a_date_may_be_the_lost_one() -> None:
    queued = ringing(CA2, status=CallStatus.QUEUED, created_at=None)
    seen = look(searched={NUMBERS["ann"]: (queued,)})
    (progress,) = found(ledger(record("ann", lost())), seen)
    assert isinstance(progress, Progress)
    assert progress.call_sid == CA2


def test_a_call_that_two_lost_rings_may_have_made_is_neithers() -> None:
    number = NUMBERS["ann"]
    kept = ledger(
        record("ann", lost()),
        record("bob", lost(label="bob", id=2, to=number), to=number),
    )
    assert found(kept, look(searched={number: (ringing(CA2),)})) == ()


def test_a_call_of_somebody_else_in_the_room_is_not_the_lost_one() -> None:
    number = NUMBERS["ann"]
    kept = ledger(record("ann", lost()), record("bob", to=number))
    seen = look(
        leg(CA2, "bob"), calls=(ringing(CA2),), searched={number: (ringing(CA2),)}
    )
    (adopted,) = found(kept, seen)
    assert isinstance(adopted, Adopted)
    assert adopted.label == "bob"


def test_a_pending_ring_without_a_trace_becomes_unknown() -> None:
    (progress,) = found(ledger(record("ann", lost(PENDING))), look())
    assert isinstance(progress, Progress)
    assert progress.state is UNKNOWN


def test_a_connection_is_noted_once() -> None:
    kept = ledger(record("ann", attempt()))
    (progress,) = found(kept, look(leg()))
    assert isinstance(progress, Progress)
    assert (progress.state, progress.connected_at) == (PLACED, NOW)
    again = ledger(record("ann", attempt(connected_at=NOW - 5)))
    assert found(again, look(leg())) == ()
    assert found(kept, look(leg(status=RINGING))) == ()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (CallStatus.BUSY, CallOutcome.BUSY),
        (CallStatus.NO_ANSWER, CallOutcome.NO_ANSWER),
        (CallStatus.FAILED, CallOutcome.FAILED),
        (CallStatus.CANCELED, CallOutcome.CANCELED),
        (CallStatus.COMPLETED, CallOutcome.LEFT),
    ],
)
def test_a_call_ends_by_its_own_record(
    status: CallStatus, outcome: CallOutcome
) -> None:
    kept = ledger(record("ann", attempt()))
    (progress,) = found(kept, ended_as(status))
    assert isinstance(progress, Progress)
    assert (progress.state, progress.outcome) == (ENDED, outcome)
    assert progress.ended_at == NOW


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(look(), id="no record"),
        pytest.param(ended_as(CallStatus.QUEUED), id="queued"),
        pytest.param(ended_as(CallStatus.RINGING), id="ringing"),
        pytest.param(ended_as(CallStatus.IN_PROGRESS), id="in progress"),
    ],
)
def test_absence_from_the_listing_ends_nothing(seen: Observation) -> None:
    assert found(ledger(record("ann", attempt())), seen) == ()


@pytest.mark.parametrize(
    ("reason", "sid", "outcome"),
    [
        pytest.param(
            "conference-ended-via-api", CF, CallOutcome.ROOM_ENDED, id="by us"
        ),
        pytest.param("last-participant-left", CF, CallOutcome.LEFT, id="all had left"),
        pytest.param(
            "conference-ended-via-api", "CFother", CallOutcome.LEFT, id="other"
        ),
    ],
)
def test_who_was_in_a_room_that_was_ended_did_not_leave(
    reason: str, sid: str, outcome: CallOutcome
) -> None:
    last = Conference(sid, ROOM, ConferenceStatus.COMPLETED, reason)
    seen = replace(ended_as(CallStatus.COMPLETED), last=last)
    (progress,) = found(ledger(record("ann", attempt())), seen)
    assert isinstance(progress, Progress)
    assert progress.outcome is outcome


def test_a_call_that_we_took_out_was_removed() -> None:
    kept = ledger(record("ann", attempt()), memory={CA1: {"removed": int(NOW)}})
    (progress,) = found(kept, ended_as(CallStatus.COMPLETED))
    assert isinstance(progress, Progress)
    assert progress.outcome is CallOutcome.REMOVED


def test_a_label_alone_makes_nobody_a_member_until_the_call_is_read() -> None:
    kept = ledger(record("ann"))
    assert found(kept, look(leg(created_at=NOW - 1))) == ()
    assert found(kept, look(leg(created_at=NOW - NO_RECORD_SECONDS))) != ()


@pytest.mark.parametrize(
    ("person", "connected_at"), [(leg(), NOW), (leg(status=RINGING), None)]
)
def test_a_member_found_without_a_ring_of_ours_is_adopted(
    person: Participant, connected_at: float | None
) -> None:
    seen = look(person, calls=(call(),))
    (adopted,) = found(ledger(record("ann", intent=4)), seen)
    assert adopted == Adopted(
        "ann", NUMBERS["ann"], 4, CA1, CF, connected_at, "found in the room"
    )


def test_another_call_of_the_member_is_adopted_once_ours_has_ended() -> None:
    dialed_in = call(CA2, NUMBERS["ann"], inbound=True)
    seen = look(
        leg(CA2, None), calls=(dialed_in, call(CA1, status=CallStatus.CANCELED))
    )
    first, second = found(ledger(record("ann", attempt())), seen)
    assert isinstance(first, Progress)
    assert isinstance(second, Adopted)
    assert second.call_sid == CA2


@pytest.mark.parametrize(
    ("attempts", "seen", "forgotten"),
    [
        pytest.param((), look(), True, id="nobody there"),
        pytest.param((attempt(),), ended_as(CallStatus.BUSY), True, id="call over"),
        pytest.param((attempt(),), look(), False, id="call perhaps not over"),
        pytest.param((lost(),), look(), False, id="ring perhaps made"),
        pytest.param((attempt(),), look(leg()), False, id="still there"),
    ],
)
def test_a_dismissed_label_is_forgotten_once_nobody_is_left(
    attempts: tuple[Attempt, ...], seen: Observation, *, forgotten: bool
) -> None:
    kept = ledger(record("ann", *attempts, dismissed_at=NOW - 5))
    assert (Forgotten("ann") in found(kept, seen)) is forgotten


def test_a_look_is_asked_for_what_the_ledger_leaves_open() -> None:
    kept = ledger(
        record("ann", attempt()),
        record("bob", lost(label="bob", to="client:bob?a=b")),
        identities={CA3: call(CA3)},
        conference_sid=CF,
    )
    assert questions_for(kept, NOW) == Questions(
        calls=frozenset({CA1}),
        known=frozenset({CA1, CA3}),
        numbers=(("client:bob?a=b", NOW - 100),),
        conference_sid=CF,
        created=CF,
        undecided=(
            LostCreate(1, "line", "bob", "client:bob?a=b", NOW - 100, NOW - 97),
        ),
    )
    older = attempt(id=2, created_at=NOW - 200, conference_sid="CFold")
    assert (
        questions_for(
            ledger(record("bob", older), record("ann", attempt())), NOW
        ).created
        == CF
    )
    assert questions_for(ledger(record("ann"), conference_sid=CF), NOW) == Questions()
