"""Audibility and blast radius, beside what the simulated exchange does itself."""

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import pytest
from msgspec.structs import replace

from reconciler.model.observation import (
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)
from reconciler.model.recorded_observation import Audience
from reconciler.planning.audience import BlastRadius, audibility, blast_radius
from reconciler.simulator.exchange.audibility import audible_intervals, hearings
from reconciler.simulator.exchange.audio import note_hearing
from reconciler.simulator.exchange.conference import start_if_due
from reconciler.simulator.exchange.records import (
    Callback,
    ConferenceRecord,
    ParticipantRecord,
)
from reconciler.simulator.exchange.timeline import Timeline
from tests.planning.samples import CA1, CA2, CA3, CA4, CF, ROOM, leg
from tests.simulator.desk import open_desk

SIDS = (CA1, CA2, CA3, CA4)
GONE = "CA" + "e" * 32
IN_PROGRESS = ConferenceStatus.IN_PROGRESS


def legs_of(sid: str, others: tuple[str, ...]) -> Iterator[Participant]:
    """Every state of one leg; of four, one that is silent coaches nobody.

    That a silent leg's coaching changes nothing is tested with up to three.
    """
    yield leg(sid, None, status=ParticipantStatus.RINGING)
    targets = (None, *others, GONE)
    for muted, hold, target in product((False, True), (False, True), targets):
        if target is not None and (muted or hold) and len(others) == 3:
            continue
        plain = leg(sid, None, muted=muted, hold=hold)
        yield replace(plain, coaching=target is not None, call_sid_to_coach=target)


def rooms(size: int) -> Iterator[tuple[Participant, ...]]:
    """Every combination of *size* legs."""
    sids = SIDS[:size]
    return product(*(legs_of(sid, tuple(x for x in sids if x != sid)) for sid in sids))


class Oracle:
    """The exchange, in which legs are put as they are."""

    def __init__(self) -> None:
        self.state = open_desk().exchange.state

    def put(self, status: ConferenceStatus, legs: tuple[Participant, ...]) -> None:
        state = self.state
        conference = ConferenceRecord(
            sid=CF,
            serial=1,
            name=ROOM,
            status=status,
            created_at=0.0,
            updated_at=0.0,
            region="us1",
            max_participants=250,
            callback=Callback(),
        )
        state.conferences[CF] = conference
        state.rolls[CF] = dict.fromkeys(x.call_sid for x in legs)
        state.participants = {x.call_sid: Timeline(0.0, _record(x, legs)) for x in legs}
        state.heard.clear()
        state.history.exposures.clear()
        start_if_due(state, CF)
        note_hearing(state, CF)

    def audiences(self) -> dict[str, tuple[Audience, str | None]]:
        return dict(self.state.heard)

    def pairs(self) -> set[tuple[str, str]]:
        intervals = audible_intervals(self.state.history.exposures, 1e12)
        told = hearings(intervals, self.state.participants, 1e12)
        return {(each.speaker, each.listener) for each in told}


def _record(shown: Participant, legs: tuple[Participant, ...]) -> ParticipantRecord:
    present = {x.call_sid for x in legs if x.connected}
    return ParticipantRecord(
        call_sid=shown.call_sid,
        sid="CP",
        serial=1,
        conference_sid=CF,
        label=None,
        status=shown.status,
        created_at=0.0,
        updated_at=0.0,
        muted=shown.muted,
        hold=shown.hold,
        coaching=shown.coaching,
        call_sid_to_coach=shown.call_sid_to_coach,
        start_conference_on_enter=shown.start_conference_on_enter,
        orphaned=shown.coaching and shown.call_sid_to_coach not in present,
    )


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4])
def test_every_leg_has_the_audience_that_the_exchange_gives_it(size: int) -> None:
    oracle, count = Oracle(), 0
    for legs in rooms(size):
        oracle.put(IN_PROGRESS, legs)
        assert audibility(IN_PROGRESS, legs).speakers == oracle.audiences(), legs
        count += 1
    assert count == len(list(legs_of(CA1, SIDS[1:size]))) ** size


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_every_leg_is_heard_by_those_who_hear_it_in_the_exchange(size: int) -> None:
    oracle = Oracle()
    for legs in rooms(size):
        oracle.put(IN_PROGRESS, legs)
        assert audibility(IN_PROGRESS, legs).pairs == oracle.pairs(), legs


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_conference_is_louder_when_somebody_is_heard_or_hears_who_was_not(
    size: int,
) -> None:
    every = [audibility(IN_PROGRESS, legs) for legs in rooms(size)]
    some = every[:: max(1, len(every) // 99)]
    for before, after in product(some, every):
        louder = not after.pairs <= before.pairs
        assert after.louder_than(before) == louder, (before, after)


@pytest.mark.parametrize("status", [None, ConferenceStatus.COMPLETED])
def test_nobody_hears_anybody_where_there_is_no_conference(
    status: ConferenceStatus | None,
) -> None:
    for legs in rooms(2):
        assert not audibility(status, legs).pairs


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_conference_has_started_once_two_are_in_and_one_of_them_starts_it(
    size: int,
) -> None:
    oracle, init = Oracle(), ConferenceStatus.INIT
    kinds = [
        leg(status=status, start_conference_on_enter=starts, hold=hold)
        for status in (ParticipantStatus.CONNECTED, ParticipantStatus.RINGING)
        for starts in (True, False)
        for hold in (True, False)
    ]
    for chosen in product(kinds, repeat=size):
        legs = tuple(
            replace(each, call_sid=sid, label=None)
            for each, sid in zip(chosen, SIDS, strict=False)
        )
        oracle.put(init, legs)
        assert audibility(init, legs).speakers == oracle.audiences(), legs


def test_a_leg_in_nobodys_hearing_is_heard_by_nobody() -> None:
    heard = audibility(IN_PROGRESS, (leg(CA1), leg(CA2, "bob", hold=True)))
    assert heard.heard_by(CA1) == heard.heard_by(CA2) == frozenset()
    assert heard.audience(CA2) == (Audience.NOBODY, None)


KINDS = {
    "in": leg(end_conference_on_exit=False),
    "in, ends": leg(end_conference_on_exit=True),
    "ringing": leg(status=ParticipantStatus.RINGING),
    "ringing, ends": leg(status=ParticipantStatus.RINGING, end_conference_on_exit=True),
}


def ended_in_the_exchange(kinds: tuple[str, ...], leaving: int) -> set[int] | None:
    """Who is gone with one who leaves, None where nobody can leave like that."""
    desk = open_desk(ringing_keeps_room=False)
    for at, kind in enumerate(kinds):
        ends = "true" if kind.endswith("ends") else "false"
        if kind.startswith("in"):
            desk.seat(f"p{at}", EndConferenceOnExit=ends)
    for at, kind in enumerate(kinds):
        ends = "true" if kind.endswith("ends") else "false"
        if kind.startswith("ringing"):
            desk.ring(f"p{at}", EndConferenceOnExit=ends)
    if not kinds[leaving].startswith("in"):
        return None
    desk.exchange.hang_up(f"p{leaving}")
    state = desk.exchange.state
    gone = {x for x in range(len(kinds)) if state.participant(desk.sids[f"p{x}"]).gone}
    return gone - {leaving}


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_departure_ends_the_calls_that_it_ends_in_the_exchange(size: int) -> None:
    compared = 0
    for kinds in combinations_with_replacement(KINDS, size):
        legs = [
            replace(KINDS[kind], call_sid=sid)
            for kind, sid in zip(kinds, SIDS, strict=False)
        ]
        for leaving in range(size):
            ended = ended_in_the_exchange(kinds, leaving)
            if ended is not None:
                blast = blast_radius(legs, [SIDS[leaving]])
                assert set(blast.ended) == {SIDS[x] for x in ended}, (kinds, leaving)
                compared += 1
    assert compared == sum(
        kind.startswith("in")
        for kinds in combinations_with_replacement(KINDS, size)
        for kind in kinds
    )


def test_a_phone_that_rings_takes_nobody_with_it() -> None:
    ringing = leg(status=ParticipantStatus.RINGING, end_conference_on_exit=True)
    assert blast_radius((ringing, leg(CA2, "bob")), [CA1]) == BlastRadius()


def test_coaches_stay_without_the_target_who_leaves() -> None:
    coach = leg(CA2, "sup", coaching=True, call_sid_to_coach=CA1)
    other = leg(CA3, "bob", coaching=True, call_sid_to_coach=CA2)
    assert blast_radius((leg(), coach, other), [CA1]) == BlastRadius((), (CA2,))


def test_somebody_who_ends_the_conference_takes_all_others_along() -> None:
    host = leg(end_conference_on_exit=True)
    joining = leg(CA3, "cara", status=ParticipantStatus.QUEUED)
    over = leg(CA4, "dan", status=ParticipantStatus.COMPLETE)
    legs = (host, leg(CA2, "bob"), joining, over)
    assert blast_radius(legs, [CA1]) == BlastRadius((CA2, CA3), (), on_exit=True)
