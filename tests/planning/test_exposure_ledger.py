"""For how long people were heard, and why longer than declared."""

from typing import Any

import pytest

from reconciler.model.event import Event
from reconciler.model.recorded_observation import Audience, LegInterval, OverheardCause
from reconciler.operations.exposure_report import pauses_of
from reconciler.planning.exposure_ledger import people_exposed, seconds, within

ROOM, NOBODY = Audience.ROOM, Audience.NOBODY
SEEN = OverheardCause.UNTIL_SEEN
REFUSED, PAUSED = OverheardCause.REFUSED, OverheardCause.PAUSED


def interval(
    begins_at: float, ends_at: float | None, label: str = "bob", **more: Any
) -> LegInterval:
    said: dict[str, Any] = {"audience": ROOM, "permitted": NOBODY, "cause": SEEN}
    return LegInterval(
        room="line",
        conference_sid="CF1",
        call_sid=f"CA-{label}",
        label=label,
        begins_at=begins_at,
        ends_at=ends_at,
        target=None,
        muted=False,
        hold=False,
        coaching=False,
        **(said | more),
    )


def parts(
    *intervals: LegInterval,
    since: float = 0.0,
    until: float = 100.0,
    pauses: tuple[tuple[float, float], ...] = (),
) -> list[tuple[float, float | None, OverheardCause | None]]:
    found = within(intervals, since, until, pauses)
    return [(each.begins_at, each.ends_at, each.cause) for each in found]


def test_only_the_part_inside_the_window_counts() -> None:
    assert parts(interval(10, 30), since=20) == [(20, 30, SEEN)]
    assert parts(interval(10, None), until=25) == [(10, 25, SEEN)]
    assert parts(interval(10, 20), since=20) == []
    assert parts(interval(30, None), until=30) == []


def test_what_falls_into_a_pause_has_the_pause_as_its_cause() -> None:
    assert parts(interval(10, 50), pauses=((20, 30), (40, 60))) == [
        (10, 20, SEEN),
        (20, 30, PAUSED),
        (30, 40, SEEN),
        (40, 50, PAUSED),
    ]
    assert parts(interval(25, 28), pauses=((20, 30),)) == [(25, 28, PAUSED)]


def test_who_is_heard_as_declared_is_so_in_a_pause_too() -> None:
    free = interval(10, 50, permitted=ROOM, cause=None)
    assert parts(free, pauses=((20, 30),)) == [(10, 50, None)]


def test_people_are_counted_by_cause_and_whoever_was_overheard_comes_first() -> None:
    people = people_exposed(
        [
            interval(0, 60, "ann", permitted=ROOM, cause=None),
            interval(13, 24, cause=REFUSED),
            interval(10, 13),
            interval(50, 52),
            interval(60, 90, audience=NOBODY, cause=None),
        ]
    )
    assert [(x.label, x.audible_seconds, x.overheard) for x in people] == [
        ("bob", 16, 16),
        ("ann", 60, 0),
    ]
    assert dict(people[0].overheard_seconds) == {SEEN: 5, REFUSED: 11}
    assert list(people[0].overheard_seconds) == [SEEN, REFUSED]


def test_somebody_without_a_label_is_named_by_the_call() -> None:
    (person,) = people_exposed([interval(0, 1, "")])
    assert person.label == "CA-"
    assert seconds(interval(3, 10)) == 7


def event(at: float, kind: str, message: str = "") -> Event:
    return Event("line", at, kind, message)


@pytest.mark.parametrize(
    ("events", "pauses"),
    [
        ((), []),
        ((event(10, "room.paused"),), [(10, 100)]),
        ((event(10, "room.paused"), event(30, "room.resumed")), [(10, 30)]),
        ((event(10, "room.paused", "No changes are made for 20 s."),), [(10, 30)]),
        (
            (
                event(10, "room.paused", "No changes are made for 20 s."),
                event(50, "room.resumed"),
            ),
            [(10, 30)],
        ),
        (
            (
                event(10, "room.paused", "No changes are made for 20 s."),
                event(20, "room.paused"),
                event(40, "room.resumed"),
            ),
            [(10, 20), (20, 40)],
        ),
        ((event(10, "room.resumed"), event(20, "told")), []),
    ],
)
def test_pauses_are_read_from_events(
    events: tuple[Event, ...], pauses: list[tuple[float, float]]
) -> None:
    assert pauses_of(events, 100.0) == pauses
