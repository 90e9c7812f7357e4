"""Intervals of legs: when each began and ended, and why a leg is overheard."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import Record
from reconciler.model.observation import (
    ConferenceStatus,
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.model.recorded_observation import (
    Audience,
    LegInterval,
    ObservedRoom,
    OverheardCause,
    RoomCheck,
)
from reconciler.model.roster import Member, Roster, Unlisted
from reconciler.planning.leg_intervals import advance, open_intervals
from reconciler.planning.observed_room import (
    fingerprint,
    observed_room,
    permitted,
    with_participants,
)
from reconciler.planning.plan import Person, Plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    CONFERENCE,
    NOW,
    ROOM,
    leg,
    member,
    roster,
)

OTHER = leg(CA2, "zoe")
SILENT = leg(muted=True)
LOUD = leg(muted=False)


def seen(
    *legs: Participant,
    at: float = 0.0,
    after: float | None = None,
    declared: Member | None = None,
    changed_at: float = -1000.0,
) -> ObservedRoom:
    """The room with *legs* beside one that is always there, observed at NOW + *at*."""
    ann = declared or member("ann", muted=True)
    mine = [x for x in legs if x.label == "ann"]
    people = (Person(ann, mine[0], extras=tuple(mine[1:])),) if mine else ()
    room = observed_room(
        roster(ann),
        Plan(ROOM, 3, people=people),
        Observation(ROOM, CONFERENCE, (*legs, OTHER)),
        {"ann": Record("ann", ann.to, 1, NOW + changed_at)},
        NOW + at,
    )
    return replace(room, previous_at=None if after is None else NOW + after)


def lived(*rooms: ObservedRoom) -> list[tuple[Any, ...]]:
    """Begin, end, audience and cause of each interval of ann's, in order."""
    before, told = None, list[LegInterval]()
    for room in rooms:
        before, ended = advance(before, room)
        told += ended
    told += open_intervals(before) if before else ()
    return [
        (
            round(x.begins_at - NOW, 6),
            None if x.ends_at is None else round(x.ends_at - NOW, 6),
            str(x.audience),
            x.cause and str(x.cause),
        )
        for x in told
        if x.label == "ann"
    ]


def test_a_leg_that_stays_as_it_is_has_one_interval() -> None:
    assert lived(seen(SILENT), seen(SILENT, at=30), seen(SILENT, at=60)) == [
        (0, None, "nobody", None)
    ]


def test_a_leg_that_may_speak_is_heard_and_not_overheard() -> None:
    free = member("ann")
    rooms = (seen(LOUD, declared=free), seen(SILENT, declared=free, at=9))
    assert lived(*rooms) == [(0, 9, "room", None), (9, None, "nobody", None)]


def test_a_leg_is_overheard_from_the_observation_before_until_it_is_silent() -> None:
    rooms = (seen(SILENT), seen(LOUD, at=40, after=30), seen(SILENT, at=41))
    assert lived(*rooms) == [
        (0, 30, "nobody", None),
        (30, 40, "room", "until-seen"),
        (40, 41, "room", "until-corrected"),
        (41, None, "nobody", None),
    ]


def test_whoever_leaves_ends_the_interval() -> None:
    assert lived(seen(SILENT), seen(at=5)) == [(0, 5, "nobody", None)]


def test_whoever_is_on_the_way_has_no_interval() -> None:
    ringing = replace(LOUD, status=ParticipantStatus.RINGING)
    rooms = (seen(ringing), seen(LOUD, at=8, after=6))
    assert lived(*rooms) == [
        (6, 8, "room", "until-seen"),
        (8, None, "room", "until-corrected"),
    ]


def test_somebody_new_is_overheard_since_the_call_was_made_at_most() -> None:
    joined = replace(LOUD, created_at=NOW + 37)
    assert lived(seen(), seen(joined, at=40, after=30))[0][0] == 37


def test_a_change_of_the_roster_overhears_nobody_before_it() -> None:
    before = seen(LOUD, declared=member("ann"))
    after = seen(LOUD, at=40, after=30, changed_at=38)
    assert lived(before, after)[:2] == [
        (0, 38, "room", None),
        (38, 40, "room", "until-seen"),
    ]


def test_an_old_entry_of_the_roster_does_not_shorten_what_was_heard() -> None:
    rooms = (seen(SILENT, changed_at=35), seen(LOUD, at=40, after=30, changed_at=35))
    assert lived(*rooms)[1][:2] == (30, 40)


def test_at_the_first_observation_nothing_is_known_of_the_time_before() -> None:
    assert lived(seen(LOUD)) == [(0, None, "room", "until-corrected")]


def test_another_process_continues_from_the_last_check_on_record() -> None:
    first, _ = advance(None, seen(SILENT))
    check = RoomCheck(ROOM, NOW + 90, None, 3, "converged")
    _, ended = advance(first, seen(LOUD, at=100), check)
    assert [x.begins_at - NOW for x in ended if x.label == "ann"] == [0, 90]
    _, ended = advance(first, seen(LOUD, at=100))
    assert [x.begins_at - NOW for x in ended if x.label == "ann"] == [0]


@pytest.mark.parametrize("cause", [OverheardCause.REFUSED, OverheardCause.DELAYED])
def test_a_correction_that_does_not_work_is_the_cause_from_then_on(
    cause: OverheardCause,
) -> None:
    loud = seen(LOUD, at=40, after=30)
    shown = {x.call_sid: x.participant for x in loud.legs}
    refused = with_participants(loud, shown, {CA1: cause}, NOW + 41)
    again = seen(LOUD, at=70, after=60)
    assert lived(seen(SILENT), loud, refused, again, seen(SILENT, at=71))[1:] == [
        (30, 40, "room", "until-seen"),
        (40, 41, "room", "until-corrected"),
        (41, 71, "room", str(cause)),
        (71, None, "nobody", None),
    ]


def test_a_silence_that_worked_makes_the_others_no_quieter() -> None:
    loud = seen(LOUD, at=40)
    shown = {x.call_sid: x.participant for x in loud.legs}
    after = with_participants(loud, {**shown, CA1: SILENT}, {}, NOW + 41)
    heard = {x.call_sid: x.audience for x in after.legs}
    assert heard == {CA1: Audience.NOBODY, CA2: Audience.ROOM}
    gone = with_participants(loud, {CA2: OTHER}, {}, NOW + 41)
    assert [x.call_sid for x in gone.legs] == [CA2]


@pytest.mark.parametrize(
    ("entry", "unlisted", "widest"),
    [
        (member("ann"), Unlisted.MUTE, Audience.ROOM),
        (member("ann", muted=False), Unlisted.MUTE, Audience.ROOM),
        (member("ann", muted=True), Unlisted.KEEP, Audience.NOBODY),
        (member("ann", hold=True), Unlisted.KEEP, Audience.NOBODY),
        (member("ann", coaching="bob"), Unlisted.KEEP, Audience.TARGET),
        (member("ann", coaching="bob", muted=True), Unlisted.KEEP, Audience.NOBODY),
        (member("ann", coaching=False), Unlisted.KEEP, Audience.ROOM),
        (None, Unlisted.KEEP, Audience.ROOM),
        (None, Unlisted.REMOVE, Audience.ROOM),
        (None, Unlisted.MUTE, Audience.NOBODY),
        (None, Unlisted.HOLD, Audience.NOBODY),
    ],
)
def test_the_roster_says_who_may_hear_a_leg(
    entry: Member | None, unlisted: Unlisted, widest: Audience
) -> None:
    assert permitted(entry, unlisted) is widest


def test_a_coach_without_a_target_is_overheard() -> None:
    coach = member("ann", coaching="bob")
    pairing = leg(coaching=True, call_sid_to_coach=CA2)
    rooms = (
        seen(pairing, declared=coach),
        seen(leg(coaching=False), declared=coach, at=40, after=30),
    )
    assert lived(*rooms)[:2] == [
        (0, 30, "target", None),
        (30, 40, "room", "until-seen"),
    ]


def test_every_leg_of_a_member_is_measured_by_itself() -> None:
    second = replace(LOUD, call_sid=CA3)
    before, _ = advance(None, seen(SILENT))
    now, _ = advance(before, seen(SILENT, second, at=40, after=30))
    assert [(x.call_sid, x.overheard) for x in now.legs if x.member == "ann"] == [
        (CA1, False),
        (CA3, True),
    ]


DIFFERENCES: dict[str, Any] = {
    "muted": True,
    "hold": True,
    "coaching": True,
    "call_sid_to_coach": CA3,
    "end_conference_on_exit": True,
    "start_conference_on_enter": False,
    "status": ParticipantStatus.RINGING,
    "label": None,
    "conference_sid": "CF9",
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_an_observation_with_any_difference_is_another(name: str) -> None:
    changed = replace(OTHER, **{name: DIFFERENCES[name]})
    other = observed_room(
        Roster(ROOM, ()),
        Plan(ROOM, 1),
        Observation(ROOM, CONFERENCE, (changed,)),
        {},
        NOW,
    )
    assert fingerprint(other) != fingerprint(seen())


def test_time_and_order_make_no_difference() -> None:
    room = seen(SILENT)
    later = replace(room, seen_at=NOW + 9, legs=room.legs[::-1], previous_at=NOW)
    assert fingerprint(later) == fingerprint(room)
    assert fingerprint(seen(LOUD)) != fingerprint(room)
    assert fingerprint(seen(SILENT, declared=member("ann"))) != fingerprint(room)


def test_a_room_without_a_conference_needs_no_row() -> None:
    empty = replace(seen(), conference=None, legs=())
    assert fingerprint(empty) == fingerprint(None) == ""


def test_a_conference_that_was_seen_to_start_is_recorded_as_started() -> None:
    waiting = replace(CONFERENCE, status=ConferenceStatus.INIT)
    alone = Observation(ROOM, waiting, (OTHER,))
    plan = Plan(ROOM, 1)
    fresh = observed_room(Roster(ROOM, ()), plan, alone, {}, NOW)
    known = observed_room(
        Roster(ROOM, ()), plan, alone, {}, NOW, started_sid=CONFERENCE.sid
    )
    assert fresh.legs[0].audience is Audience.NOBODY
    assert known.conference == CONFERENCE
    assert known.legs[0].audience is Audience.ROOM
