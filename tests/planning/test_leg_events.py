"""Intervals that Twilio's signed events date, and when the observations bound them."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.observation import Observation, Participant, ParticipantStatus
from reconciler.model.recorded_observation import LegEvent, ObservedRoom
from reconciler.planning.leg_events import is_outdated, overheard_between
from tests.planning.samples import CA1, CONFERENCE, NOW, leg, member
from tests.planning.test_leg_intervals import LOUD, SILENT, lived, seen

HELD = leg(muted=False, hold=True)


def told(
    sequence: int, at: float, *, muted: bool, left: bool = False, lag: float = 0.1
) -> LegEvent:
    """An event of ann's leg of the second that begins at NOW + *at*."""
    return LegEvent(
        CONFERENCE.sid,
        CA1,
        sequence,
        NOW + at,
        NOW + at + lag,
        muted=muted,
        hold=False,
        coaching=False,
        left=left,
    )


def heard(room: ObservedRoom, *events: LegEvent) -> ObservedRoom:
    return replace(room, events=events)


UNMUTED, MUTED = told(4, 38, muted=False), told(5, 39, muted=True)


def test_a_leg_is_overheard_from_when_an_event_says_that_it_was_unmuted() -> None:
    rooms = (seen(SILENT), heard(seen(LOUD, at=40, after=30), UNMUTED))
    assert lived(*rooms) == [
        (0, 38, "nobody", None),
        (38, 40, "room", "until-seen"),
        (40, None, "room", "until-corrected"),
    ]


def test_who_unmuted_and_muted_between_two_observations_was_overheard() -> None:
    rooms = (seen(SILENT), heard(seen(SILENT, at=40, after=30), UNMUTED, MUTED))
    assert overheard_between(rooms[-1])
    assert lived(*rooms) == [
        (0, 38, "nobody", None),
        (38, 39.1, "room", "until-seen"),
        (39.1, None, "nobody", None),
    ]


def test_an_overheard_leg_is_silent_from_when_an_event_says_so() -> None:
    rooms = (
        seen(SILENT),
        heard(seen(LOUD, at=38.5, after=30), UNMUTED),
        heard(seen(SILENT, at=60), MUTED),
    )
    assert lived(*rooms)[2:] == [
        (38.5, 39.1, "room", "until-corrected"),
        (39.1, None, "nobody", None),
    ]


def test_who_leaves_is_heard_until_the_event_of_it() -> None:
    gone = told(6, 50, muted=False, left=True)
    free = member("ann")
    rooms = (seen(LOUD, declared=free), heard(seen(at=60, declared=free), gone))
    assert lived(*rooms) == [(0, 50.1, "room", None)]


def test_who_joined_and_unmuted_is_heard_since_and_not_before() -> None:
    joined, spoke = told(1, 32, muted=True), told(2, 35, muted=False)
    rooms = (seen(), heard(seen(LOUD, at=40, after=30), joined, spoke))
    assert lived(*rooms) == [
        (32, 35, "nobody", None),
        (35, 40, "room", "until-seen"),
        (40, None, "room", "until-corrected"),
    ]


def test_events_count_in_the_order_of_their_numbers_however_they_come() -> None:
    came = heard(seen(SILENT, at=40, after=30), MUTED, UNMUTED)
    assert (38, 39.1, "room", "until-seen") in lived(seen(SILENT), came)


BOUNDED = [
    (0, 30, "nobody", None),
    (30, 40, "room", "until-seen"),
    (40, None, "room", "until-corrected"),
]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param((), id="no event came"),
        pytest.param((UNMUTED, MUTED), id="the last says something else"),
        pytest.param((told(4, 41, muted=False),), id="later than the observation"),
        pytest.param((told(4, 20, muted=False),), id="older than the one before"),
        pytest.param(
            (told(4, 38, muted=True), told(5, 33, muted=False)),
            id="times against numbers",
        ),
        pytest.param(
            (told(4, 33, muted=False, left=True), told(5, 38, muted=False)),
            id="back after leaving",
        ),
        pytest.param((replace(UNMUTED, conference_sid="CF9"),), id="of another call"),
        pytest.param((replace(UNMUTED, call_sid="CA9"),), id="of another leg"),
        pytest.param((replace(UNMUTED, coaching=True),), id="of another state"),
    ],
)
def test_without_events_that_lead_there_the_observations_bound_the_change(
    events: tuple[LegEvent, ...],
) -> None:
    room = heard(seen(LOUD, at=40, after=30), *events)
    assert lived(seen(SILENT), room) == BOUNDED


def test_an_event_of_the_second_of_the_observation_before_is_no_change_since() -> None:
    late = told(4, 29.5, muted=False, lag=2.0)
    again = told(5, 29.8, muted=True, lag=2.0)
    room = heard(seen(SILENT, at=40, after=30), late, again)
    assert not overheard_between(room)
    assert lived(seen(SILENT), room) == [(0, None, "nobody", None)]


def test_a_change_in_the_second_of_the_observation_before_counts_if_it_is_one() -> None:
    free = member("ann")
    before = seen(LOUD, at=30.5, declared=free)
    muted, spoke = told(4, 30, muted=True, lag=0.8), told(5, 38, muted=False)
    after = heard(seen(LOUD, at=40, after=30.5, declared=free), muted, spoke)
    assert lived(before, after) == [
        (30.5, 30.8, "room", None),
        (30.8, 38, "nobody", None),
        (38, None, "room", None),
    ]


def test_a_change_of_the_roster_counts_as_it_did() -> None:
    rooms = (
        seen(LOUD, declared=member("ann")),
        heard(seen(LOUD, at=40, after=30, changed_at=33), UNMUTED),
    )
    assert lived(*rooms)[1] == (33, 40, "room", "until-seen")


def test_a_hold_that_ends_and_is_back_counts_like_an_unmute() -> None:
    held = replace(told(5, 39, muted=False), hold=True)
    on_hold = seen(HELD, declared=member("ann", hold=True))
    later = seen(HELD, at=40, after=30, declared=member("ann", hold=True))
    assert lived(on_hold, heard(later, UNMUTED, held))[1] == (
        38,
        39.1,
        "room",
        "until-seen",
    )


def test_events_are_not_on_record_and_count_once() -> None:
    first = heard(seen(SILENT, at=40, after=30), UNMUTED, MUTED)
    again = heard(seen(SILENT, at=70, after=40), UNMUTED, MUTED)
    assert not overheard_between(again)
    assert len(lived(seen(SILENT), first, again)) == 3


LAG = 0.05
"""Seconds until an event comes."""


@given(
    flips=st.lists(st.integers(2, 400), max_size=8),
    looks=st.lists(st.integers(1, 120), min_size=1, max_size=8),
)
def test_events_that_all_came_say_what_happened_to_a_second(
    flips: list[int], looks: list[int]
) -> None:
    """*flips* are tenths of seconds between changes of a leg that was muted at first."""
    changes = [x / 10 for x in accumulate(flips)]
    seen_at = [0.0, *(x / 4 for x in accumulate(looks))]
    rooms = [seen(SILENT)]
    for before, at in pairwise(seen_at):
        came = [(n, x) for n, x in enumerate(changes) if before < x + LAG <= at]
        events = [
            told(n, int(x), muted=n % 2 == 1, lag=x - int(x) + LAG) for n, x in came
        ]
        loud = sum(x + LAG <= at for x in changes) % 2 == 1
        rooms.append(
            heard(seen(LOUD if loud else SILENT, at=at, after=before), *events)
        )
    end = seen_at[-1]
    recorded = [(a, b or end) for a, b, who, _ in lived(*rooms) if who == "room"]
    audible = [*zip(changes[::2], [*changes[1::2], end], strict=False)]
    for moment in (x / 10 for x in range(int(end * 10))):
        if any(a + LAG < moment < b for a, b in audible):
            near = any(abs(moment - x) <= 1.0 for x in seen_at)
            assert near or any(a <= moment <= b for a, b in recorded)
        if any(a < moment < b for a, b in recorded):
            assert any(a - 1.0 <= moment <= b + 1.0 for a, b in audible)


CONNECTED = leg(muted=True)
RINGING = replace(CONNECTED, status=ParticipantStatus.RINGING)


@pytest.mark.parametrize(
    ("shown", "events", "outdated"),
    [
        (CONNECTED, (), False),
        (CONNECTED, (MUTED,), False),
        (CONNECTED, (UNMUTED,), True),
        (CONNECTED, (MUTED, UNMUTED), False),
        (CONNECTED, (told(4, 38, muted=True, left=True),), True),
        (RINGING, (MUTED,), True),
        (None, (MUTED,), True),
        (None, (MUTED, told(6, 40, muted=True, left=True)), False),
    ],
    ids=[
        "nothing told",
        "as told",
        "not yet unmuted",
        "by their numbers",
        "not yet gone",
        "not yet in",
        "not yet listed",
        "gone",
    ],
)
def test_an_observation_that_lags_behind_events_is_outdated(
    shown: Participant | None, events: tuple[LegEvent, ...], *, outdated: bool
) -> None:
    participants = () if shown is None else (shown,)
    observation = Observation("line", CONFERENCE, participants)
    assert is_outdated(observation, events) is outdated
    elsewhere = [replace(each, conference_sid="CF-before") for each in events]
    assert not is_outdated(observation, elsewhere)
    assert not is_outdated(Observation("line", None), events)
