"""When windows begin and end, also where clocks change."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.errors import SettingError
from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from reconciler.planning.occurrences import active, next_change, occurrences
from tests.planning.zones import (
    BERLIN,
    CHANGES,
    LORD_HOWE,
    NEW_YORK,
    SYDNEY,
    ZONES,
    resolved,
    shown,
    utc,
)

DAILY = tuple(range(7))
DAY = 86400.0


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _weekly(
    hours: str, zone: str, days: tuple[int, ...] = DAILY, *exceptions: str
) -> Period:
    start, end = map(_minutes, hours.split("-"))
    return Period(Weekly(days, start, end, zone), exceptions)


def _rule(text: str, start: str, minutes: float, zone: str) -> Period:
    return Period(Recurring(text, start, minutes * 60, zone))


def _on(period: Period, day: str) -> list[str]:
    """The occurrences that overlap a UTC day, as ``begin-end`` in UTC."""
    found = occurrences(period, utc(day), utc(day) + DAY)
    return [f"{shown(each.start)}-{shown(each.end)}" for each in found]


def test_working_hours_follow_the_clocks_of_their_zone_in_winter_and_summer() -> None:
    office = _weekly("09:00-18:00", BERLIN, (0, 1, 2, 3, 4))

    assert _on(office, "2026-03-27") == ["03-27T08:00-03-27T17:00"]
    assert _on(office, "2026-03-28") == []
    assert _on(office, "2026-03-30") == ["03-30T07:00-03-30T16:00"]


def test_a_window_begins_at_its_start_and_is_over_at_its_end() -> None:
    office = _weekly("09:00-18:00", BERLIN, (0, 1, 2, 3, 4))
    start, end = utc("2026-11-30T08:00"), utc("2026-11-30T17:00")

    assert [active(office, at) for at in (start - 1, start, end - 1, end)] == [
        False,
        True,
        True,
        False,
    ]
    assert next_change([office], start - 1) == start
    assert next_change([office], start) == end


def test_a_window_across_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = _weekly("22:00-02:00", BERLIN, (5,))

    assert _on(night, "2026-11-28") == ["11-28T21:00-11-29T01:00"]
    assert active(night, utc("2026-11-29T00:30"))
    assert _on(night, "2026-11-30") == []


def test_an_end_of_24_00_is_the_midnight_after() -> None:
    evening = _weekly("18:00-24:00", BERLIN, (6,))

    assert _on(evening, "2026-11-29") == ["11-29T17:00-11-29T23:00"]


def test_an_occurrence_that_begins_on_an_excepted_date_is_left_out() -> None:
    night = _weekly("22:00-02:00", BERLIN, DAILY, "2026-12-24")

    assert not active(night, utc("2026-12-24T22:00"))
    assert not active(night, utc("2026-12-25T00:30"))
    assert active(night, utc("2026-12-24T00:30"))


@pytest.mark.parametrize(
    ("zone", "hours", "day", "expected"),
    [
        (NEW_YORK, "02:30-04:00", "2026-03-08", "03-08T07:30-03-08T08:00"),
        (NEW_YORK, "01:30-02:30", "2026-03-08", "03-08T06:30-03-08T07:30"),
        (NEW_YORK, "01:30-02:30", "2026-11-01", "11-01T05:30-11-01T07:30"),
        (NEW_YORK, "00:30-01:30", "2026-11-01", "11-01T04:30-11-01T05:30"),
        (BERLIN, "02:30-04:00", "2026-03-29", "03-29T01:30-03-29T02:00"),
        (BERLIN, "02:30-03:30", "2026-10-25", "10-25T00:30-10-25T02:30"),
        (SYDNEY, "02:30-04:00", "2026-10-03", "10-03T16:30-10-03T17:00"),
        (SYDNEY, "02:30-03:30", "2026-04-04", "04-04T15:30-04-04T17:30"),
        (LORD_HOWE, "02:15-03:00", "2026-10-03", "10-03T15:45-10-03T16:00"),
        (LORD_HOWE, "01:45-02:30", "2026-04-04", "04-04T14:45-04-04T16:00"),
    ],
)
def test_a_skipped_time_counts_by_the_offset_before_and_a_repeated_one_once(
    zone: str, hours: str, day: str, expected: str
) -> None:
    assert expected in _on(_weekly(hours, zone), day)


def test_a_window_whose_end_comes_before_its_start_that_day_does_not_occur() -> None:
    window = _weekly("02:30-03:15", BERLIN, (6,))

    assert _on(window, "2026-03-29") == []
    assert _on(window, "2026-04-05") == ["04-05T00:30-04-05T01:15"]


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 7), ("2026-03-29", 8), ("2026-10-24", 9)]
)
def test_a_night_shift_is_an_hour_shorter_or_longer_where_clocks_change(
    day: str, hours: int
) -> None:
    night = _weekly("22:00-06:00", BERLIN)
    (found,) = [
        each
        for each in occurrences(night, utc(day), utc(day) + DAY)
        if shown(each.start)[:5] == day[5:]
    ]

    assert found.end - found.start == hours * 3600


def test_an_occurrence_of_a_rule_lasts_for_real_time() -> None:
    night = _rule("FREQ=DAILY", "2026-03-01T22:00:00", 8 * 60, BERLIN)

    assert "03-28T21:00-03-29T05:00" in _on(night, "2026-03-29")
    assert "10-24T20:00-10-25T04:00" in _on(night, "2026-10-25")


def test_one_window_once_needs_no_zone() -> None:
    window = Period(Once(100.0, 200.0))

    assert [active(window, at) for at in (99.0, 100.0, 199.0, 200.0)] == [
        False,
        True,
        True,
        False,
    ]
    assert next_change([window], 0.0) == 100.0
    assert next_change([window], 100.0) == 200.0
    assert next_change([window], 200.0) is None


def test_the_soonest_change_of_several_periods_counts() -> None:
    periods = [Period(Once(50.0, 60.0)), Period(Once(20.0, 55.0))]

    assert next_change(periods, 0.0) == 20.0
    assert next_change(periods, 20.0) == 50.0
    assert next_change(periods, 50.0) == 55.0
    assert next_change([], 0.0) is None


def test_windows_that_touch_are_one() -> None:
    weekend = _weekly("00:00-24:00", SYDNEY, (5, 6))
    friday = utc("2026-10-02T00:00")

    assert next_change([weekend], friday) == utc("2026-10-02T14:00")
    assert next_change([weekend], utc("2026-10-03T00:00")) == utc("2026-10-04T13:00")


def test_a_zone_that_this_machine_does_not_know_is_named() -> None:
    with pytest.raises(SettingError, match=r"'Europe/Nowhere'.*install tzdata"):
        active(_weekly("09:00-18:00", "Europe/Nowhere"), 0.0)


RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;BYHOUR=1,2,3",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=SA,SU",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU",
    "FREQ=MONTHLY;BYDAY=1SU,-1SU",
)
TIMES = ("00:00", "01:15", "02:00", "02:15", "02:30", "03:00", "04:00", "23:30")


@st.composite
def _periods(draw: st.DrawFn, zone: str) -> Period:
    exceptions = tuple(draw(st.lists(st.sampled_from(CHANGES[zone]), max_size=1)))
    start = draw(st.sampled_from(TIMES))
    if draw(st.booleans()):
        days = draw(st.sets(st.sampled_from(DAILY), min_size=1))
        end = draw(st.sampled_from((*TIMES, "24:00")))
        window: Window = Weekly(
            tuple(sorted(days)), _minutes(start), _minutes(end), zone
        )
    else:
        minutes = draw(st.sampled_from((15, 60, 90, 1440, 1500)))
        rule = draw(st.sampled_from(RULES))
        window = Recurring(rule, f"2026-01-04T{start}:00", minutes * 60, zone)
    return Period(window, exceptions)


def _expected(period: Period, day: date) -> list[tuple[float, float]]:
    """The stretches that begin within two days of *day*, from first principles."""
    window = period.window
    assert not isinstance(window, Once)
    found = []
    for each in (day + timedelta(days=n) for n in range(-2, 3)):
        if each.isoformat() in period.dates:
            continue
        for start in _starts(window, each):
            begin = resolved(start, window.timezone)
            if isinstance(window, Weekly):
                end = datetime.combine(each, datetime.min.time())
                late = 1440 * (window.end <= window.start)
                end += timedelta(minutes=window.end + late)
                found.append((begin, resolved(end, window.timezone)))
            else:
                found.append((begin, begin + window.duration_seconds))
    return found


def _starts(window: Weekly | Recurring, day: date) -> list[datetime]:
    midnight = datetime.combine(day, datetime.min.time())
    if isinstance(window, Weekly):
        start = midnight + timedelta(minutes=window.start)
        return [start] if day.weekday() in window.days else []
    start = datetime.fromisoformat(window.start)
    at = midnight.replace(hour=start.hour, minute=start.minute)
    return [each for each in _of_day(window.rule, at, start) if each >= start]


def _of_day(rule: str, at: datetime, start: datetime) -> list[datetime]:
    days = (at.date() - start.date()).days
    sunday = at.weekday() == 6
    last = (at + timedelta(days=7)).month != at.month
    fits = {
        RULES[0]: True,
        RULES[1]: True,
        RULES[2]: days % 3 == 0,
        RULES[3]: at.weekday() >= 5,
        RULES[4]: sunday and days % 14 == 0,
        RULES[5]: sunday and (at.day <= 7 or last),
    }[rule]
    hours = (1, 2, 3) if rule == RULES[1] else (at.hour,)
    return [at.replace(hour=hour) for hour in hours] if fits else []


@given(st.data())
def test_activity_is_as_minutes_counted_one_by_one_and_changes_where_it_is_said(
    data: st.DataObject,
) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    period = data.draw(_periods(zone))
    day = date.fromisoformat(data.draw(st.sampled_from(CHANGES[zone])))
    expected = _expected(period, day)
    first, last = utc(day.isoformat()) - DAY / 2, utc(day.isoformat()) + DAY

    change, was = next_change([period], first), active(period, first)
    for at in (first + 60 * n for n in range(int((last - first) / 60))):
        if change is not None and at >= change:
            change, was = next_change([period], at), active(period, at)
        assert active(period, at) == was == any(a <= at < b for a, b in expected)
