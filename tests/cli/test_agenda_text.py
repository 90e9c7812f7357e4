"""An agenda as people and programs read it."""

from reconciler.cli.agenda_text import Agenda, agenda_data, agenda_lines, timezone_of
from reconciler.model.declaration import Declaration, Presence, ScheduleEntry
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.model.schedule import Once, Period, Weekly
from reconciler.planning.agenda import agenda
from tests.planning.zones import BERLIN, utc

OFFICE = Period(Weekly((0, 1, 2, 3, 4), 540, 1080, BERLIN))
ROSTER = Roster(
    "line",
    (
        Member("ann", "+15550100001", "+15550100000"),
        Member("+15551230002", "client:b", "x"),
    ),
)
DECLARATION = Declaration(
    ROSTER,
    schedule=(
        ScheduleEntry(OFFICE, state=RoomState.OPEN),
        ScheduleEntry(None, state=RoomState.ENDED),
    ),
    presences=(Presence(("+15551230002",), (OFFICE,)),),
)
SUNDAY, TUESDAY = utc("2026-11-29T12:00"), utc("2026-12-01T00:00")


def _agenda(declaration: Declaration) -> Agenda:
    entries = tuple(agenda(declaration, (), SUNDAY, TUESDAY))
    return Agenda("line", entries, TUESDAY, timezone_of(declaration), "as loaded")


def test_each_change_is_a_line_with_local_time_and_utc() -> None:
    assert list(agenda_lines(_agenda(DECLARATION))) == [
        "line: until Tue 2026-12-01 01:00:00 Europe/Berlin, as loaded",
        "  from                     UTC        mode    state  changes",
        "  Sun 2026-11-29 13:00:00  12:00:00Z  normal  ended  now, 1 person declared",
        "  Mon 2026-11-30 09:00:00  08:00:00Z  normal  open   + +1555•••0002",
        "  Mon 2026-11-30 18:00:00  17:00:00Z  normal  ended  - +1555•••0002",
    ]


def test_a_room_of_which_nothing_changes_says_so() -> None:
    lines = list(agenda_lines(_agenda(Declaration(ROSTER))))

    assert lines[0].endswith("Tue 2026-12-01 00:00:00 UTC, as loaded")
    assert lines[-1] == "No change."


def test_the_first_zone_of_windows_is_the_rooms() -> None:
    once = Period(Once(SUNDAY, TUESDAY))
    schedule = (ScheduleEntry(once, mode="quiet"), ScheduleEntry(OFFICE, mode="quiet"))

    assert timezone_of(Declaration(ROSTER, schedule=schedule)) == BERLIN
    assert timezone_of(Declaration(ROSTER, schedule=schedule[:1])) == "UTC"


def test_data_have_everything_by_unix_time_local_time_and_utc() -> None:
    data = agenda_data(_agenda(DECLARATION))

    assert data["timezone"] == BERLIN
    assert data["entries"][1] == {
        "at": utc("2026-11-30T08:00"),
        "local": "2026-11-30T09:00:00+01:00",
        "utc": "2026-11-30T08:00:00Z",
        "mode": "normal",
        "state": "open",
        "unlisted": "keep",
        "declared": ["ann", "+15551230002"],
        "joins": ["+15551230002"],
        "leaves": [],
        "changes": [],
    }
