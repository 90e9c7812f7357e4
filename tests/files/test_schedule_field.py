"""Schedules as files write them, and what is wrong with them by line and column."""

from typing import NamedTuple

import pytest
from yaml.nodes import MappingNode

from reconciler.files.document import documents
from reconciler.files.mapping import entries
from reconciler.files.page import Page
from reconciler.files.schedule_field import read_periods, read_schedule
from reconciler.model.declaration import ScheduleEntry
from reconciler.model.errors import Problem, Severity
from reconciler.model.roster import RoomState
from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from tests.planning.zones import BERLIN, NEW_YORK, utc

MODES = ("sidebar", "lecture")
OFFICE = '{when: "mon-fri 09:00-18:00", timezone: Europe/Berlin, state: open}'
SATURDAY = (
    '{rrule: "FREQ=WEEKLY;BYDAY=SA", start: "2026-11-28T18:00", duration: 2h, '
    "timezone: America/New_York, state: open}"
)


class Reading(NamedTuple):
    """What was read of a schedule, and what was noted."""

    entries: tuple[ScheduleEntry, ...]
    problems: list[Problem]

    @property
    def windows(self) -> list[Window | None]:
        periods = [each.period for each in self.entries]
        return [each.window if each else None for each in periods]


def _read(*lines: str) -> Reading:
    """The schedule whose entries are *lines*, from line 2 column 5 on."""
    page, node = _page("schedule:\n" + "".join(f"  - {each}\n" for each in lines))
    found = entries(page, "a roster", node)
    assert found is not None
    return Reading(read_schedule(page, found["schedule"], modes=MODES), page.shown())


def _periods(text: str, timezone: str | None = None) -> tuple[Period, ...]:
    page, node = _page(f"schedule: {text}\n")
    found = entries(page, "ann", node)
    assert found is not None
    periods = read_periods(page, found["schedule"], timezone=timezone)
    assert page.shown() == []
    return periods


def _page(text: str) -> tuple[Page, MappingNode]:
    page = Page("line.yaml", text, {})
    (node,) = documents(page)
    assert isinstance(node, MappingNode)
    return page, node


def _window(text: str) -> Window | None:
    reading = _read(text)
    assert reading.problems == []
    (window,) = reading.windows
    return window


def test_entries_are_read_in_order_with_mode_state_and_otherwise() -> None:
    reading = _read(
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
    reading = _read(f"{OFFICE[:-1]}, {dates}}}")

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


ZONE = "timezone: Europe/Berlin, state: open"
RULE = '{rrule: "FREQ=DAILY", start: "2026-11-29T18:00", duration: 1h, '

MISTAKES = [
    ("{state: open}", 5, "a window needs when or rrule", 'write when: "mon-fri'),
    (f"{RULE}when: x, {ZONE}}}", 5, "when and rrule cannot be given together", ""),
    ('{when: "mon 09:00-18:00", state: open}', 5, "needs timezone", "add timezone:"),
    ('{when: "mon 09:00-18:00", timezone: europe/berlin, state: open}', 41,
     "there is no time zone 'europe/berlin'", "did you mean 'Europe/Berlin'?"),
    ('{when: "mon 09:00-18:00", timezone: Mars/Base, state: open}', 41,
     "there is no time zone 'Mars/Base'", ""),
    ('{when: "mon 09:00-18:00", timezone: ../passwd, state: open}', 41,
     "there is no time zone '../passwd'", "an IANA name"),
    ('{when: "mon 09:00-18:00", timezone: Europe, state: open}', 41,
     "there is no time zone 'Europe'", ""),
    (f'{{when: "monday 09:00-18:00", {ZONE}}}', 12, "'monday' is no weekday", "write mon"),
    (f'{{when: "mno 09:00-18:00", {ZONE}}}', 12, "'mno' is no weekday", "'mon'"),
    (f'{{when: "mon-xyz 09:00-18:00", {ZONE}}}', 12, "'xyz' is no weekday", "or daily"),
    (f'{{when: "mon, 09:00-18:00", {ZONE}}}', 12, "'' is no weekday", "or daily"),
    (f'{{when: "mon 9:00-18:00", {ZONE}}}', 12, "9:00 is no time of day", "write 09:00"),
    (f'{{when: "mon 09:00-25:00", {ZONE}}}', 12, "25:00 is no time of day", "00:00 to"),
    (f'{{when: "mon 24:00-02:00", {ZONE}}}', 12, "does not begin at 24:00", "00:00"),
    (f'{{when: "mon 09:00-09:00", {ZONE}}}', 12, "09:00-09:00 is empty", "00:00-24:00"),
    (f"{{when: 09:00-18:00, {ZONE}}}", 12, "weekdays and hours", '"daily 09:00-18:00"'),
    (f"{{when: 'sat,sun', {ZONE}}}", 12, "weekdays and hours", '"sat,sun 00:00-24:00"'),
    (f"{{when: whenever it rains, {ZONE}}}", 12, "weekdays and hours", "mon-fri"),
    (f"{{when: 900, {ZONE}}}", 12, "when must be text: quote it", ""),
    (f"{{when: 2026-11-29T20:00/2026-11-29T18:00, {ZONE}}}", 12, "ends before it", ""),
    (f"{{when: 2026-11-29T20:00/2026-11-29T20:00, {ZONE}}}", 12, "ends when it", ""),
    (f"{{when: 2026-11-31T20:00/2026-12-02T20:00, {ZONE}}}", 12,
     "'2026-11-31T20:00' is no date and time", "write 2026-11-29T18:00"),
    (f"{{when: a/b/c, {ZONE}}}", 12, "two instants with one /", ""),
    ("{when: 2026-11-29T18:00/2026-11-29T20:00, state: open}", 12,
     "'2026-11-29T18:00' needs a time zone", "2026-11-29T18:00+01:00"),
    (f"{{when: 2026-03-29T02:30/2026-03-29T04:00, {ZONE}}}", 12,
     "2026-03-29T02:30 does not exist in Europe/Berlin", "write 2026-03-29T03:30"),
    (f"{{when: 2026-11-29T18:00/2026-11-29T20:00, except: [2026-11-29], {ZONE}}}", 47,
     "except has no meaning where when is two instants", "leave it out"),
    (f'{{when: "mon 09:00-18:00", duration: 1h, {ZONE}}}', 31,
     "duration belongs to rrule", ""),
    (f'{{when: "mon 09:00-18:00", except: 2026-12-25, {ZONE}}}', 39,
     "except must be a list of dates", "[2026-12-25]"),
    (f'{{when: "mon 09:00-18:00", except: [20261225], {ZONE}}}', 40,
     "except must be text: quote it", ""),
    (f'{{when: "mon 09:00-18:00", except: [25.12.2026], {ZONE}}}', 40,
     "'25.12.2026' is no date", "write 2026-12-25"),
    (f'{{when: "mon 09:00-18:00", except: [2026-02-30], {ZONE}}}', 40,
     "'2026-02-30' is no date", ""),
    (f'{{rrule: "FREQ=HOURLY", start: "2026-11-29T18:00", duration: 1h, {ZONE}}}', 13,
     "FREQ=HOURLY is not supported", "BYHOUR"),
    (f'{{rrule: "FREQ=DAILY", duration: 1h, {ZONE}}}', 5, "needs start", "add start:"),
    (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T18:00", {ZONE}}}', 5,
     "needs duration", "add duration: 2h"),
    (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T18:00Z", duration: 1h, {ZONE}}}', 34,
     "start must be local time", ""),
    (f'{{rrule: "FREQ=DAILY", start: 2026-11-29, duration: 1h, {ZONE}}}', 34,
     "start must be local time", ""),
    (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T18:00", duration: 0, {ZONE}}}', 64,
     "more than 0 and at most 744h", ""),
    (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T18:00", duration: 800h, {ZONE}}}', 64,
     "more than 0 and at most 744h", ""),
    (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T18:00", duration: P1D, {ZONE}}}', 64,
     "duration must be a duration", "write 30m, 2h"),
    (f'{{rrule: "FREQ=WEEKLY;BYDAY=SA", start: "2026-11-29T18:00", duration: 1h, {ZONE}}}',
     44, "start is not an occurrence", "write start: 2026-12-05T18:00:00"),
    (f'{{when: "mon 09:00-18:00", {ZONE}, mod: x}}', 69, "has no key 'mod'", "'mode'?"),
    ('{when: "mon 09:00-18:00", timezone: Europe/Berlin}', 5, "needs mode or state", ""),
    (f'{{when: "mon 09:00-18:00", {ZONE}, mode: sidbar}}', 75,
     "this room has no mode 'sidbar'", "'sidebar'?"),
    ('{when: "mon 09:00-18:00", timezone: Europe/Berlin, state: closed}', 63,
     "state must be one of open, ended", ""),
    ("{otherwise: false, state: open}", 17, "otherwise is true or left out", ""),
    ("{otherwise: yes, state: open}", 17, "otherwise must be true or false", ""),
    (f'{{otherwise: true, when: "mon 09:00-18:00", {ZONE}}}', 23,
     "when has no meaning beside otherwise", ""),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "column", "message", "hint"), MISTAKES)
def test_a_mistake_is_named_by_its_place_and_says_what_to_write(
    entry: str, column: int, message: str, hint: str
) -> None:
    reading = _read(entry)
    problem = reading.problems[0]

    assert reading.entries == ()
    assert (problem.line, problem.column) == (2, column)
    assert problem.severity is Severity.ERROR
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("schedule: []", "schedule is empty"),
        ("schedule: {}", "schedule must be a list"),
        ("schedule: daily", "schedule must be a list"),
        ("schedule: [a]", "an entry of the schedule must be a mapping"),
        ("schedule: !x [a]", "schedule has a YAML tag"),
        (f"schedule: [{','.join(['{}'] * 51)}]", "51 entries, at most 50"),
    ],
)
def test_what_is_no_list_of_entries_is_refused(schedule: str, message: str) -> None:
    page, node = _page(schedule)
    found = entries(page, "a roster", node)
    assert found is not None

    assert read_schedule(page, found["schedule"]) == ()
    assert message in page.shown()[0].message


def test_a_member_has_windows_and_neither_modes_nor_states() -> None:
    page, node = _page('schedule: {when: "mon 08:00-12:00", timezone: UTC, mode: x}')
    found = entries(page, "ann", node)
    assert found is not None
    read_periods(page, found["schedule"])

    assert page.shown()[0].message == "a window has no key 'mode'"
    assert page.shown()[0].hint == "it belongs to the schedule of the room"


NIGHT = '{when: "sun 22:00-02:00", timezone: Europe/Berlin, state: ended}'


@pytest.mark.parametrize(
    ("first", "second", "at"),
    [
        (OFFICE, '{when: "fri 17:00-20:00", timezone: Europe/Berlin, mode: sidebar}',
         "2026-01-02 17:00 Europe/Berlin"),
        (NIGHT, '{when: "mon 01:00-03:00", timezone: Europe/Berlin, state: open}',
         "2026-01-05 01:00 Europe/Berlin"),
        ('{when: "mon 01:00-03:00", timezone: Europe/Berlin, state: open}', NIGHT,
         "2026-01-05 01:00 Europe/Berlin"),
        (OFFICE, '{when: "mon 17:00-18:00", timezone: Europe/London, state: ended}',
         None),
        (OFFICE, '{when: "mon 16:30-18:00", timezone: Europe/London, state: ended}',
         "2026-01-05 16:30 Europe/London"),
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
    problems = _read(first, second).problems

    if at is None:
        assert problems == []
    else:
        (problem,) = problems
        assert problem.line == 3
        assert f"hold at {at} and say different things" in problem.message
        assert problem.message.endswith("line.yaml:2:5")
        assert "except" in problem.hint


def test_what_comes_after_otherwise_never_counts() -> None:
    reading = _read("{otherwise: true, state: ended}", OFFICE)

    assert [each.line for each in reading.problems] == [3]
    assert "nothing counts after otherwise" in reading.problems[0].message


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        (f'{{when: "daily 02:30-08:00", {ZONE}}}',
         ("02:30 does not exist in Europe/Berlin on 2026-03-29, when clocks go from "
          "02:00 to 03:00; the window begins at 03:30 on that day"),
         "write 02:00 or 03:00"),
        (f'{{when: "sat 22:00-02:30", {ZONE}}}', None, ""),
        (f'{{when: "sun 01:00-02:30", {ZONE}}}', "the window ends at 03:30", ""),
        (f'{{when: "sun 02:30-03:15", {ZONE}}}', "the window is left out on that", ""),
        (f'{{when: "mon 02:30-03:15", {ZONE}}}', None, ""),
        (f'{{when: "sun 02:00-03:00", {ZONE}}}', "", ""),
        (f'{{rrule: "FREQ=DAILY", start: "2026-11-29T02:15", duration: 1h, {ZONE}}}',
         "an occurrence on that day begins at 03:15", ""),
        ('{when: "sun 02:15-08:00", timezone: Australia/Lord_Howe, state: open}',
         ("on 2026-10-04, when clocks go from 02:00 to 02:30; the window begins at "
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
    reading = _read(entry)

    assert len(reading.entries) == 1
    assert all(each.severity is Severity.WARNING for each in reading.problems)
    if message is None:
        assert reading.problems == []
    elif message:
        assert message in reading.problems[0].message
        assert hint in reading.problems[0].hint
