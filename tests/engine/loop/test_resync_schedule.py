"""How often rooms are looked at."""

import pytest

from reconciler.engine.loop.resync_schedule import (
    ACTIVE_SECONDS,
    CHANGING_SECONDS,
    HEARD_SECONDS,
    MAX_HEARD,
    RATION_SECONDS,
    SPREAD_FRACTION,
    UNCOVERED_SECONDS,
    UNMANAGED_FACTOR,
    USABLE_FRACTION,
    WEBHOOK_FACTOR,
    ObservedConference,
    ResyncSchedule,
)

ROOMS = tuple(f"room-{number}" for number in range(1000))


def quiet(
    resync_schedule: ResyncSchedule, room: str, now: float = 0.0, seconds: float = 0.1
) -> float:
    resync_schedule.looked(room, now, seconds, active=False, managed=True)
    return resync_schedule.period(room, now)


def see(
    resync_schedule: ResyncSchedule,
    room: str,
    conference_sid: str | None,
    *,
    coached: bool = False,
    seconds: float = 0.1,
) -> float:
    seen = ObservedConference(conference_sid, coached)
    resync_schedule.looked(
        room, 0.0, seconds, active=False, managed=True, observed=seen
    )
    return resync_schedule.period(room, 0.0)


def test_quiet_rooms_are_spread_by_a_tenth_around_the_resync() -> None:
    resync_schedule = ResyncSchedule(30.0)
    periods = [quiet(resync_schedule, room) for room in ROOMS]
    assert 27.0 <= min(periods) < 27.5
    assert 32.5 < max(periods) <= 33.0
    assert sum(periods) / len(periods) == pytest.approx(30.0, abs=0.3)


def test_a_rooms_own_period_is_the_same_in_every_process() -> None:
    assert quiet(ResyncSchedule(30.0), "atlas") == quiet(ResyncSchedule(30.0), "atlas")


def test_the_first_resyncs_do_not_come_together() -> None:
    resync_schedule = ResyncSchedule(30.0)
    for room in ROOMS:
        resync_schedule.meet(room, 0.0)
    each_second = [len(resync_schedule.due(float(second))) for second in range(31)]
    assert sum(each_second) >= len(ROOMS)
    assert max(each_second) < 60


def test_a_room_in_which_something_happened_is_looked_at_every_few_seconds() -> None:
    resync_schedule = ResyncSchedule(30.0)
    resync_schedule.looked("atlas", 0.0, 0.1, active=True, managed=True)
    assert resync_schedule.period("atlas", ACTIVE_SECONDS - 1.0) == CHANGING_SECONDS
    assert resync_schedule.period("atlas", ACTIVE_SECONDS) >= 27.0


def test_a_room_is_looked_at_less_often_only_while_twilio_tells_of_it() -> None:
    resync_schedule = ResyncSchedule(30.0)
    usual = see(resync_schedule, "atlas", "CF1")
    resync_schedule.heard("atlas", "CF1", 0.0)
    assert (
        resync_schedule.period("atlas", HEARD_SECONDS - 1.0) == WEBHOOK_FACTOR * usual
    )
    assert resync_schedule.period("atlas", HEARD_SECONDS) == usual
    assert see(resync_schedule, "beta", "CF2") < 2 * usual


def test_only_events_of_the_conference_that_is_there_count() -> None:
    resync_schedule = ResyncSchedule(30.0)
    usual = see(resync_schedule, "atlas", "CF1")
    for conference_sid in ("CF0", ""):
        resync_schedule.heard("atlas", conference_sid, 0.0)
        assert resync_schedule.period("atlas", 0.0) == usual
    resync_schedule.heard("atlas", "CF1", 0.0)
    resync_schedule.heard("atlas", "CF0", 1.0)
    assert resync_schedule.period("atlas", 1.0) == WEBHOOK_FACTOR * usual
    assert see(resync_schedule, "atlas", "CF2") == usual
    assert see(resync_schedule, "atlas", None) == usual


def test_an_event_may_come_before_the_look_that_shows_its_conference() -> None:
    resync_schedule = ResyncSchedule(30.0)
    usual = see(resync_schedule, "atlas", None)
    resync_schedule.heard("atlas", "CF1", 0.0)
    assert see(resync_schedule, "atlas", "CF1") == WEBHOOK_FACTOR * usual


def test_few_conferences_of_a_room_are_kept_in_mind() -> None:
    resync_schedule = ResyncSchedule(30.0)
    usual = see(resync_schedule, "atlas", None)
    for number in range(MAX_HEARD + 1):
        resync_schedule.heard("atlas", f"CF{number}", 0.0)
    assert see(resync_schedule, "atlas", "CF0") == usual
    assert see(resync_schedule, "atlas", "CF1") == WEBHOOK_FACTOR * usual


def test_a_look_that_shows_nothing_leaves_the_conference_as_it_was() -> None:
    resync_schedule = ResyncSchedule(30.0)
    usual = see(resync_schedule, "atlas", "CF1")
    resync_schedule.heard("atlas", "CF1", 0.0)
    assert quiet(resync_schedule, "atlas") == WEBHOOK_FACTOR * usual


@pytest.mark.parametrize(
    ("coached", "managed", "told", "period"),
    [
        (True, True, False, UNCOVERED_SECONDS),
        (True, True, True, 30.0 * WEBHOOK_FACTOR),
        (True, False, False, 30.0 * UNMANAGED_FACTOR),
        (False, True, False, 30.0),
    ],
)
def test_rooms_with_a_coach_of_whom_nobody_tells_are_looked_at_every_two_seconds(
    coached: bool, managed: bool, told: bool, period: float
) -> None:
    resync_schedule = ResyncSchedule(30.0)
    if told:
        resync_schedule.meet("atlas", 0.0)
        resync_schedule.heard("atlas", "CF1", 0.0)
    seen = ObservedConference("CF1", coached)
    resync_schedule.looked(
        "atlas", 0.0, 0.1, active=False, managed=managed, observed=seen
    )
    assert resync_schedule.period("atlas", 0.0) == pytest.approx(
        period, rel=SPREAD_FRACTION
    )
    assert resync_schedule.uncovered("atlas") == (period == UNCOVERED_SECONDS)


def coaches(resync_schedule: ResyncSchedule, rooms: int, seconds: float) -> None:
    for number in range(rooms):
        room = f"coached-{number}"
        see(resync_schedule, room, "CF1", coached=True, seconds=seconds)


def test_rooms_with_a_coach_take_what_the_other_rooms_leave_over() -> None:
    resync_schedule = ResyncSchedule(30.0)
    for room in ROOMS[:600]:
        quiet(resync_schedule, room, seconds=8.0)
    coaches(resync_schedule, 100, 8.0)
    resync_schedule.ration(0.0, 400)
    each = [resync_schedule.period(room, 0.0) for room in resync_schedule.rooms()]
    assert resync_schedule.period("coached-0", 0.0) == pytest.approx(5.0, rel=0.05)
    assert sum(1.0 / period for period in each) <= 50.0 * USABLE_FRACTION + 0.01


def test_they_get_their_two_seconds_back_once_there_is_room() -> None:
    resync_schedule = ResyncSchedule(30.0)
    coaches(resync_schedule, 100, 8.0)
    resync_schedule.ration(0.0, 400)
    assert resync_schedule.period("coached-0", 0.0) == 100 / (50.0 * USABLE_FRACTION)
    for number in range(50):
        see(resync_schedule, f"coached-{number}", "CF1", coached=False, seconds=8.0)
    resync_schedule.ration(1.0, 400)
    assert resync_schedule.period("coached-99", 0.0) == UNCOVERED_SECONDS


@pytest.mark.parametrize(("rooms", "wait"), [(6000, 3.0), (50_000, RATION_SECONDS)])
def test_the_needs_of_many_rooms_are_not_summed_up_each_second(
    rooms: int, wait: float
) -> None:
    resync_schedule = ResyncSchedule(30.0)
    coaches(resync_schedule, rooms, 0.001)
    resync_schedule.ration(0.0, 400)
    see(resync_schedule, "coached-0", "CF1", coached=True, seconds=1e6)
    resync_schedule.ration(wait - 0.1, 400)
    assert resync_schedule.period("coached-0", wait) == UNCOVERED_SECONDS
    resync_schedule.ration(wait, 400)
    assert resync_schedule.period("coached-0", wait) > UNCOVERED_SECONDS


def test_a_coach_is_looked_at_as_often_as_can_be_soon_after_a_slow_start() -> None:
    resync_schedule = ResyncSchedule(30.0)
    rooms = [f"room-{number}" for number in range(25_000)]
    for room in rooms:
        resync_schedule.meet(room, 0.0)
    coaches(resync_schedule, 5, 0.04)
    resync_schedule.ration(0.0, 16)
    assert resync_schedule.period("coached-0", 0.0) > 2 * UNCOVERED_SECONDS
    for room in rooms[:1000]:
        quiet(resync_schedule, room, seconds=0.00004)
    resync_schedule.ration(5.0, 16)
    assert resync_schedule.period("coached-0", 5.0) == UNCOVERED_SECONDS


def test_they_are_never_looked_at_less_often_than_others() -> None:
    resync_schedule = ResyncSchedule(30.0)
    for room in ROOMS[:100]:
        quiet(resync_schedule, room, seconds=400.0)
    coaches(resync_schedule, 1, 400.0)
    resync_schedule.ration(0.0, 400)
    assert resync_schedule.period("coached-0", 0.0) <= 30.0


def test_rooms_that_are_not_ours_are_seldom_looked_at() -> None:
    resync_schedule = ResyncSchedule(30.0)
    resync_schedule.looked("atlas", 0.0, 0.1, active=False, managed=False)
    assert resync_schedule.period("atlas", 0.0) >= 27.0 * UNMANAGED_FACTOR


def test_each_resync_is_told_once() -> None:
    resync_schedule = ResyncSchedule(30.0)
    quiet(resync_schedule, "atlas")
    assert resync_schedule.due(26.0) == ()
    assert resync_schedule.due(34.0) == ("atlas",)
    assert resync_schedule.due(34.0) == ()


def test_a_period_that_can_be_kept_warns_of_nothing() -> None:
    resync_schedule = ResyncSchedule(30.0)
    for room in ROOMS[:100]:
        quiet(resync_schedule, room)
    assert resync_schedule.capacity(0.0, 4).met
    assert resync_schedule.capacity(0.0, 4).warning == ""


def test_a_period_that_cannot_be_kept_warns_with_figures() -> None:
    resync_schedule = ResyncSchedule(30.0)
    for room in ROOMS * 2:
        quiet(resync_schedule, room)
    capacity = resync_schedule.capacity(0.0, 4)
    assert capacity.possible == pytest.approx(32.0)
    assert capacity.warning.startswith("1000 rooms every 30 s need 33.3 reads")
    assert "32.0 are possible: use a resync of 32 s or more" in capacity.warning


@pytest.mark.parametrize(
    ("coached", "advice"),
    [
        (10, "use a resync of 57 s or more"),
        (40, "rooms with a coach are read every 33 s: turn webhooks on, or split"),
    ],
)
def test_the_warning_counts_looks_at_coaches_and_advises_what_helps(
    coached: int, advice: str
) -> None:
    resync_schedule = ResyncSchedule(30.0)
    for room in ROOMS[:850]:
        quiet(resync_schedule, room, seconds=16.0)
    coaches(resync_schedule, coached, 16.0)
    capacity = resync_schedule.capacity(0.0, 400)
    others = 850 / 30.0
    assert capacity.needed == pytest.approx(
        others + coached / UNCOVERED_SECONDS, rel=0.01
    )
    total = 850 + coached
    assert capacity.warning.startswith(
        f"{total} rooms every 30 s, {coached} of them with a coach every 2 s, need "
    )
    assert advice in capacity.warning
