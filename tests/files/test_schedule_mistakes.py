"""Mistakes in schedules, by line and column, and what to write instead."""

import pytest

from reconciler.files.mapping import entries
from reconciler.files.schedule_field import read_periods, read_schedule
from reconciler.model.errors import Severity
from tests.files.schedules import ZONE, page_of, read

RULE = '{rrule: "FREQ=DAILY", start: "2026-11-29T18:00", duration: 1h, '

MISTAKES = [
    ("{state: open}", 5, "a window needs when or rrule", 'write when: "mon-fri'),
    (f"{RULE}when: x, {ZONE}}}", 5, "when and rrule cannot be given together", ""),
    ('{when: "mon 09:00-18:00", state: open}', 5, "needs timezone", "add timezone:"),
    ('{when: "mon 09:00-18:00", timezone: europe/berlin, state: open}', 41,
     "unknown time zone 'europe/berlin'", "did you mean 'Europe/Berlin'?"),
    ('{when: "mon 09:00-18:00", timezone: Mars/Base, state: open}', 41,
     "unknown time zone 'Mars/Base'", ""),
    ('{when: "mon 09:00-18:00", timezone: ../passwd, state: open}', 41,
     "unknown time zone '../passwd'", "an IANA name"),
    ('{when: "mon 09:00-18:00", timezone: Europe, state: open}', 41,
     "unknown time zone 'Europe'", ""),
    (f'{{when: "monday 09:00-18:00", {ZONE}}}', 12, "'monday' is not a weekday", "write mon"),
    (f'{{when: "mno 09:00-18:00", {ZONE}}}', 12, "'mno' is not a weekday", "'mon'"),
    (f'{{when: "mon-xyz 09:00-18:00", {ZONE}}}', 12, "'xyz' is not a weekday", "or daily"),
    (f'{{when: "mon, 09:00-18:00", {ZONE}}}', 12, "'' is not a weekday", "or daily"),
    (f'{{when: "mon 9:00-18:00", {ZONE}}}', 12, "9:00 is not a time of day", "write 09:00"),
    (f'{{when: "mon 09:00-25:00", {ZONE}}}', 12, "25:00 is not a time of day", "00:00 to"),
    (f'{{when: "mon 24:00-02:00", {ZONE}}}', 12, "cannot begin at 24:00", "00:00"),
    (f'{{when: "mon 09:00-09:00", {ZONE}}}', 12, "09:00-09:00 is empty", "00:00-24:00"),
    (f"{{when: 09:00-18:00, {ZONE}}}", 12, "weekdays and hours", '"daily 09:00-18:00"'),
    (f"{{when: 'sat,sun', {ZONE}}}", 12, "weekdays and hours", '"sat,sun 00:00-24:00"'),
    (f"{{when: whenever it rains, {ZONE}}}", 12, "weekdays and hours", "mon-fri"),
    (f"{{when: 900, {ZONE}}}", 12, "when must be text: quote it", ""),
    (f"{{when: 2026-11-29T20:00/2026-11-29T18:00, {ZONE}}}", 12, "ends before it", "write the earlier instant before the /"),
    (f"{{when: 2026-11-29T20:00/2026-11-29T20:00, {ZONE}}}", 12, "ends when it", ""),
    (f"{{when: 2026-11-31T20:00/2026-12-02T20:00, {ZONE}}}", 12,
     "'2026-11-31T20:00' is not a date and time", "write YYYY-MM-DDT18:00"),
    (f"{{when: a/b/c, {ZONE}}}", 12, "two instants with one /", ""),
    ("{when: 2026-11-29T18:00/2026-11-29T20:00, state: open}", 12,
     "'2026-11-29T18:00' needs a time zone", "2026-11-29T18:00+01:00"),
    (f"{{when: 2026-03-29T02:30/2026-03-29T04:00, {ZONE}}}", 12,
     "2026-03-29T02:30 does not exist in Europe/Berlin", "write 2026-03-29T03:30"),
    (f"{{when: 2026-11-29T18:00/2026-11-29T20:00, except: [2026-11-29], {ZONE}}}", 47,
     "except has no effect if when is two instants", "remove it"),
    (f'{{when: "mon 09:00-18:00", duration: 1h, {ZONE}}}', 31,
     "duration belongs to rrule", ""),
    (f'{{when: "mon 09:00-18:00", except: 2026-12-25, {ZONE}}}', 39,
     "except must be a list of dates", "[YYYY-MM-DD]"),
    (f'{{when: "mon 09:00-18:00", except: [20261225], {ZONE}}}', 40,
     "except must be text: quote it", ""),
    (f'{{when: "mon 09:00-18:00", except: [25.12.2026], {ZONE}}}', 40,
     "'25.12.2026' is not a date", "write YYYY-MM-DD"),
    (f'{{when: "mon 09:00-18:00", except: [2026-02-30], {ZONE}}}', 40,
     "'2026-02-30' is not a date", ""),
    (f'{{rrule: "FREQ=HOURLY", start: "2026-11-29T18:00", duration: 1h, {ZONE}}}', 13,
     "FREQ=HOURLY is not supported", "BYHOUR"),
    *((f'{{rrule: "{rule}", duration: 1h, {ZONE}}}', 5, "needs start", "add start:")
      for rule in ("FREQ=WEEKLY", "FREQ=MONTHLY;BYHOUR=9", "FREQ=DAILY;COUNT=3",
                   "FREQ=YEARLY;BYMONTHDAY=1", "FREQ=DAILY;INTERVAL=2")),
    ('{when: "tomorrow", timezone: Europe/Berlin, state: open}', 12,
     "when must be weekdays and hours", 'write when: "mon-fri 09:00-18:00" or'),
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
    (f'{{when: "mon 09:00-18:00", {ZONE}, mod: x}}', 69, "unknown key 'mod'", "'mode'?"),
    ('{when: "mon 09:00-18:00", timezone: Europe/Berlin}', 5, "needs mode or state", ""),
    (f'{{when: "mon 09:00-18:00", {ZONE}, mode: sidbar}}', 75,
     "this room has no mode 'sidbar'", "'sidebar'?"),
    (f'{{when: "mon 09:00-18:00", {ZONE}, mode: nope}}', 75,
     "this room has no mode 'nope'", "normal or sidebar, or declare it under modes"),
    ('{when: "mon 09:00-18:00", timezone: Europe/Berlin, state: closed}', 63,
     "state must be one of open, ended", ""),
    ("{otherwise: false, state: open}", 17, "otherwise must be true or absent", ""),
    ("{otherwise: yes, state: open}", 17, "otherwise must be true or false", ""),
    (f'{{otherwise: true, when: "mon 09:00-18:00", {ZONE}}}', 23,
     "when has no meaning together with otherwise", ""),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "column", "message", "hint"), MISTAKES)
def test_a_mistake_is_named_by_its_place_and_says_what_to_write(
    entry: str, column: int, message: str, hint: str
) -> None:
    reading = read(entry)
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
    page, node = page_of(schedule)
    found = entries(page, "a roster", node)
    assert found is not None

    assert read_schedule(page, found["schedule"]) == ()
    assert message in page.shown()[0].message


def test_a_member_has_windows_and_neither_modes_nor_states() -> None:
    page, node = page_of('schedule: {when: "mon 08:00-12:00", timezone: UTC, mode: x}')
    found = entries(page, "ann", node)
    assert found is not None
    read_periods(page, found["schedule"])

    assert page.shown()[0].message == "unknown key 'mode' in a window"
    assert page.shown()[0].hint == "write it in the schedule of the room"
