"""Schedules as files write them, and what clocks do to them."""

import pytest

from reconciler.files.mapping import entries
from reconciler.files.schedule_field import read_periods
from reconciler.model.errors import Severity
from reconciler.model.roster import RoomState
from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from tests.files.schedules import OFFICE, ZONE, page_of, read
from tests.planning.zones import BERLIN, NEW_YORK, utc

SATURDAY = (
    '{rrule: "FREQ=WEEKLY;BYDAY=SA", start: "2026-11-28T18:00", duration: 2h, '
    "timezone: America/New_York, state: open}"
)


def _periods(text: str, timezone: str | None = None) -> tuple[Period, ...]:
    page, node = page_of(f"schedule: {text}\n")
    found = entries(page, "ann", node)
    assert found is not None
    periods = read_periods(page, found["schedule"], timezone=timezone)
    assert page.shown() == []
    return periods


def _window(text: str) -> Window | None:
    reading = read(text)
    assert reading.problems == []
    (window,) = reading.windows
    return window


def test_entries_are_read_in_order_with_mode_state_and_otherwise() -> None:
    reading = read(
        '{when: "mon-fri 09:00-18:00", timezone: Europe/Berlin, mode: sidebar}',
        SATURDAY,
        "{otherwise: true, mode: normal, state: ended}",
    )

    assert reading.problems == []
    assert reading.windows == [
        Weekly((0, 1, 2, 3, 4), 540, 1080, BERLIN),
        Recurring("FREQ=WEEKLY;BYDAY=SA", "2026-11-28T18:00:00", 7200.0, NEW_YORK),
        None,
    ]
    assert [(each.mode, each.state) for each in reading.entries] == [
        ("sidebar", None),
        (None, RoomState.OPEN),
        ("normal", RoomState.ENDED),
    ]


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=WEEKLY;BYDAY=SA;BYHOUR=10", "2000-01-01T10:00:00"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=30", "2000-01-01T09:30:00"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYHOUR=8", "2000-01-03T08:00:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=8", "2000-02-29T08:00:00"),
    ],
)
def test_a_rule_that_says_its_days_needs_no_start(rule: str, start: str) -> None:
    entry = f'{{rrule: "{rule}", duration: 2h, {ZONE}}}'
    assert _window(entry) == Recurring(rule, start, 7200.0, BERLIN)


def test_a_rule_without_start_and_hour_begins_at_midnight_and_says_so() -> None:
    reading = read(f'{{rrule: "FREQ=WEEKLY;BYDAY=SA", duration: 2h, {ZONE}}}')
    assert [x.severity for x in reading.problems] == [Severity.WARNING]
    assert "it begins at 00:00" in reading.problems[0].message
    (window,) = reading.windows
    assert isinstance(window, Recurring)
    assert window.start == "2000-01-01T00:00:00"


def test_an_entry_without_zone_takes_the_only_one_that_others_name() -> None:
    bare = '{when: "sat 09:00-18:00", state: open}'
    reading = read(OFFICE, bare)
    assert reading.problems == []
    assert reading.windows[1] == Weekly((5,), 540, 1080, BERLIN)
    tokyo = '{when: "sun 09:00-18:00", timezone: Asia/Tokyo, state: open}'
    (problem,) = read(OFFICE, tokyo, bare).problems
    assert problem.message == "a window needs timezone"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("daily 08:00-12:00", Weekly(tuple(range(7)), 480, 720, BERLIN)),
        ("sat,sun 22:00-02:00", Weekly((5, 6), 1320, 120, BERLIN)),
        ("fri-mon 00:00-24:00", Weekly((0, 4, 5, 6), 0, 1440, BERLIN)),
        ("mon,wed-thu 00:30-01:00", Weekly((0, 2, 3), 30, 60, BERLIN)),
        ("sun-sun 22:00-00:00", Weekly((6,), 1320, 0, BERLIN)),
    ],
)
def test_weekdays_and_hours(when: str, expected: Weekly) -> None:
    entry = f'{{when: "{when}", timezone: Europe/Berlin, state: open}}'

    assert _window(entry) == expected


@pytest.mark.parametrize(
    "when",
    [
        "2026-11-29T18:00/2026-11-29T20:00:00",
        "2026-11-29T17:00Z/2026-11-29T19:00Z",
        "2026-11-29T18:00+01:00/2026-11-29T20:00",
    ],
)
def test_two_instants_with_and_without_offsets(when: str) -> None:
    entry = f"{{when: {when}, timezone: Europe/Berlin, state: open}}"

    assert _window(entry) == Once(utc("2026-11-29T17:00"), utc("2026-11-29T19:00"))


def test_two_instants_with_offsets_need_no_time_zone() -> None:
    entry = "{when: 2026-11-29T17:00Z/2026-11-29T19:00Z, state: open}"

    assert _window(entry) == Once(utc("2026-11-29T17:00"), utc("2026-11-29T19:00"))


def test_excepted_dates_are_kept_once_and_in_order() -> None:
    dates = "except: [2026-12-25, '2026-12-24', 2026-12-25]"
    reading = read(f"{OFFICE[:-1]}, {dates}}}")

    assert reading.problems == []
    period = reading.entries[0].period
    assert period is not None
    assert period.dates == ("2026-12-24", "2026-12-25")
    assert period.text == "mon-fri 09:00-18:00 Europe/Berlin"


def test_the_windows_of_a_member_take_the_time_zone_that_holds_for_them() -> None:
    expected = Weekly((0,), 480, 720, NEW_YORK)

    (single,) = _periods('{when: "mon 08:00-12:00"}', NEW_YORK)
    first, second = _periods(
        '[{when: "mon 08:00-12:00"}, '
        '{when: "mon 08:00-12:00", timezone: Europe/Berlin}]',
        NEW_YORK,
    )

    assert single.window == first.window == expected
    assert second.window == Weekly((0,), 480, 720, BERLIN)


NIGHT = '{when: "sun 22:00-02:00", timezone: Europe/Berlin, state: ended}'


@pytest.mark.parametrize(
    ("first", "second", "at"),
    [
        (OFFICE, '{when: "fri 17:00-20:00", timezone: Europe/Berlin, mode: sidebar}',
         "Friday 17:00 Europe/Berlin"),
        (NIGHT, '{when: "mon 01:00-03:00", timezone: Europe/Berlin, state: open}',
         "Monday 01:00 Europe/Berlin"),
        ('{when: "mon 01:00-03:00", timezone: Europe/Berlin, state: open}', NIGHT,
         "Monday 01:00 Europe/Berlin"),
        (OFFICE, '{when: "mon 17:00-18:00", timezone: Europe/London, state: ended}',
         None),
        (OFFICE, '{when: "mon 16:30-18:00", timezone: Europe/London, state: ended}',
         "Monday 16:30 Europe/London"),
        (OFFICE, "{when: 2026-12-24T12:00Z/2026-12-26T12:00Z, state: ended}",
         "2026-12-24 12:00 UTC"),
        (OFFICE[:-1] + ", except: [2026-12-24, 2026-12-25]}",
         "{when: 2026-12-24T00:00Z/2026-12-25T22:00Z, state: ended}", None),
        (SATURDAY, '{when: "sun 00:30-03:00", timezone: Europe/Berlin, mode: lecture}',
         "2026-11-29 00:30 Europe/Berlin"),
        (SATURDAY, '{when: "sun 03:00-04:00", timezone: Europe/Berlin, mode: lecture}',
         None),
        (OFFICE, '{when: "fri 18:00-20:00", timezone: Europe/Berlin, mode: sidebar}',
         None),
        (OFFICE, '{when: "fri 17:00-20:00", timezone: Europe/Berlin, state: open}',
         None),
    ],
)  # fmt: skip
def test_two_entries_that_hold_at_once_must_say_the_same(
    first: str, second: str, at: str | None
) -> None:
    problems = read(first, second).problems

    if at is None:
        assert problems == []
    else:
        (problem,) = problems
        assert problem.line == 3
        assert f"overlap at {at} and contradict each other" in problem.message
        assert problem.message.endswith("line.yaml:2:5")
        assert "except" in problem.hint


def test_what_comes_after_otherwise_never_counts() -> None:
    reading = read("{otherwise: true, state: ended}", OFFICE)

    assert [each.line for each in reading.problems] == [3]
    assert "entries after otherwise have no effect" in reading.problems[0].message


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        (f'{{when: "daily 02:30-08:00", {ZONE}}}',
         ("02:30 does not exist in Europe/Berlin on a Sunday in March, when clocks go from "
          "02:00 to 03:00; the window begins at 03:30 on that day"),
         "write 02:00 or 03:00"),
        (f'{{when: "sat 22:00-02:30", {ZONE}}}', None, ""),
        (f'{{when: "sun 01:00-02:30", {ZONE}}}', "the window ends at 03:30", ""),
        (f'{{when: "sun 02:30-03:15", {ZONE}}}', "the window is skipped on that", ""),
        (f'{{when: "mon 02:30-03:15", {ZONE}}}', None, ""),
        (f'{{when: "sun 02:00-03:00", {ZONE}}}', "", ""),
        (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T02:15", duration: 1h, {ZONE}}}',
         "an occurrence on that day begins at 03:15", ""),
        ('{when: "sun 02:15-08:00", timezone: Australia/Lord_Howe, state: open}',
         ("on a Sunday in October, when clocks go from 02:00 to 02:30; the window begins at "
          "02:45"), "write 02:00 or 02:30"),
        ('{when: "sun 02:15-08:00", timezone: Asia/Tokyo, state: open}', None, ""),
        (f"{{when: 2026-10-25T02:30/2026-10-25T04:00, {ZONE}}}",
         "2026-10-25T02:30 occurs twice", "write 2026-10-25T01:30Z for the second"),
        ('{when: "mon 08:00-12:00", timezone: EST, state: open}',
         "EST is the same offset all year", "America/New_York"),
        ('{when: "mon 08:00-12:00", timezone: Etc/GMT+5, state: open}',
         "Etc/GMT+5 is UTC-5", "write a place"),
    ],
)  # fmt: skip
def test_what_clocks_do_to_a_window_is_a_warning(
    entry: str, message: str | None, hint: str
) -> None:
    reading = read(entry)

    assert len(reading.entries) == 1
    assert all(each.severity is Severity.WARNING for each in reading.problems)
    if message is None:
        assert reading.problems == []
    elif message:
        assert message in reading.problems[0].message
        assert hint in reading.problems[0].hint
