"""How often rooms are looked at."""

import pytest

from reconciler.engine.rhythm import (
    AT_REST,
    CHANGING,
    HEARD_SECONDS,
    LATELY,
    WITH_WEBHOOKS,
    Rhythm,
)

ROOMS = tuple(f"room-{number}" for number in range(1000))


def quiet(rhythm: Rhythm, room: str, now: float = 0.0) -> float:
    rhythm.looked(room, now, 0.1, moved=False, managed=True)
    return rhythm.period(room, now)


def test_quiet_rooms_are_spread_by_a_tenth_around_the_resync() -> None:
    rhythm = Rhythm(30.0)
    periods = [quiet(rhythm, room) for room in ROOMS]
    assert 27.0 <= min(periods) < 27.5
    assert 32.5 < max(periods) <= 33.0
    assert sum(periods) / len(periods) == pytest.approx(30.0, abs=0.3)


def test_a_rooms_own_period_is_the_same_in_every_process() -> None:
    assert quiet(Rhythm(30.0), "atlas") == quiet(Rhythm(30.0), "atlas")


def test_the_first_resyncs_do_not_come_together() -> None:
    rhythm = Rhythm(30.0)
    for room in ROOMS:
        rhythm.meet(room, 0.0)
    each_second = [len(rhythm.due(float(second))) for second in range(31)]
    assert sum(each_second) >= len(ROOMS)
    assert max(each_second) < 60


def test_a_room_in_which_something_happened_is_looked_at_every_few_seconds() -> None:
    rhythm = Rhythm(30.0)
    rhythm.looked("atlas", 0.0, 0.1, moved=True, managed=True)
    assert rhythm.period("atlas", LATELY - 1.0) == CHANGING
    assert rhythm.period("atlas", LATELY) >= 27.0


def test_a_room_is_looked_at_less_often_only_while_twilio_tells_of_it() -> None:
    rhythm = Rhythm(30.0)
    usual = quiet(rhythm, "atlas")
    rhythm.heard("atlas", 0.0)
    assert rhythm.period("atlas", HEARD_SECONDS - 1.0) == WITH_WEBHOOKS * usual
    assert rhythm.period("atlas", HEARD_SECONDS) == usual
    assert quiet(rhythm, "beta") < 2 * usual
    rhythm.heard("atlas", HEARD_SECONDS)
    rhythm.unheard("atlas")
    assert rhythm.period("atlas", HEARD_SECONDS) == usual


def test_rooms_that_are_not_ours_are_seldom_looked_at() -> None:
    rhythm = Rhythm(30.0)
    rhythm.looked("atlas", 0.0, 0.1, moved=False, managed=False)
    assert rhythm.period("atlas", 0.0) >= 27.0 * AT_REST


def test_each_resync_is_told_once() -> None:
    rhythm = Rhythm(30.0)
    quiet(rhythm, "atlas")
    assert rhythm.due(26.0) == ()
    assert rhythm.due(34.0) == ("atlas",)
    assert rhythm.due(34.0) == ()


def test_a_period_that_can_be_kept_warns_of_nothing() -> None:
    rhythm = Rhythm(30.0)
    for room in ROOMS[:100]:
        quiet(rhythm, room)
    assert rhythm.capacity(0.0, 4).met
    assert rhythm.capacity(0.0, 4).warning == ""


def test_a_period_that_cannot_be_kept_warns_with_figures() -> None:
    rhythm = Rhythm(30.0)
    for room in ROOMS * 2:
        quiet(rhythm, room)
    capacity = rhythm.capacity(0.0, 4)
    assert capacity.possible == pytest.approx(32.0)
    assert capacity.warning.startswith("1000 rooms every 30 s need 33.3 looks")
    assert "32.0 are possible: use a resync of 32 s or more" in capacity.warning


def test_the_request_budget_counts_as_well_as_the_workers() -> None:
    rhythm = Rhythm(30.0, looks_per_second=1.0)
    for room in ROOMS[:60]:
        quiet(rhythm, room)
    assert not rhythm.capacity(0.0, 400).met
