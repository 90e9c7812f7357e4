"""What a room's schedule and overrides change over time."""

from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.model.schedule import Once, Period, Weekly
from reconciler.planning.agenda import agenda, next_change
from reconciler.planning.effective import effective
from tests.planning.zones import BERLIN, shown, utc

ANN = Member("ann", "+15550100001", "+15550100000", muted=False)
BOB = Member("bob", "+15550100002", "+15550100000")
ROSTER = Roster("line", (ANN, BOB))
OFFICE = Period(Weekly((0, 1, 2, 3, 4), 540, 1080, BERLIN))
DAY = 86400.0
SATURDAY = utc("2026-11-28T00:00")


def _scheduled(declaration: Declaration, days: float = 4) -> list[str]:
    """Each entry: when, mode, state, who joins, leaves and changes."""
    return [
        " ".join(
            (
                shown(each.at),
                each.effective.mode,
                str(each.effective.roster.state),
                *(f"+{label}" for label in each.joins),
                *(f"-{label}" for label in each.leaves),
                *(f"~{label}" for label in each.changes),
            )
        )
        for each in agenda(declaration, (), SATURDAY, SATURDAY + days * DAY)
    ]


def test_a_room_without_a_schedule_stays_as_it_is() -> None:
    assert _scheduled(Declaration(ROSTER)) == ["11-28T00:00 normal open"]


def test_states_and_modes_change_at_the_windows_of_the_schedule() -> None:
    declaration = Declaration(
        ROSTER,
        modes=(Mode("quiet", (("ann", (("muted", True),)),)),),
        schedule=(
            ScheduleEntry(OFFICE, mode="quiet", state=RoomState.OPEN),
            ScheduleEntry(None, state=RoomState.ENDED),
        ),
    )

    assert _scheduled(declaration) == [
        "11-28T00:00 normal ended",
        "11-30T08:00 quiet open ~ann",
        "11-30T17:00 normal ended ~ann",
        "12-01T08:00 quiet open ~ann",
        "12-01T17:00 normal ended ~ann",
    ]


def test_members_join_and_leave_at_their_windows() -> None:
    declaration = Declaration(ROSTER, presences=(Presence(("bob",), (OFFICE,)),))

    assert _scheduled(declaration, days=3) == [
        "11-28T00:00 normal open",
        "11-30T08:00 normal open +bob",
        "11-30T17:00 normal open -bob",
    ]


def test_a_window_that_ends_as_the_next_one_begins_changes_nothing() -> None:
    noon = SATURDAY + DAY / 2
    windows = Period(Once(SATURDAY, noon)), Period(Once(noon, noon + 3600))
    schedule = tuple(ScheduleEntry(each, state=RoomState.OPEN) for each in windows)
    declaration = Declaration(replace(ROSTER, state=RoomState.ENDED), schedule=schedule)

    assert _scheduled(declaration) == [
        "11-28T00:00 normal open",
        "11-28T13:00 normal ended",
    ]


def test_the_end_of_an_override_is_on_the_agenda() -> None:
    override = Override(
        1, "line", OverrideVerb.END, SATURDAY, SATURDAY + 600, "ann@host"
    )

    found = list(agenda(Declaration(ROSTER), (override,), SATURDAY, SATURDAY + DAY))

    assert [each.effective.roster.state for each in found] == ["ended", "open"]
    assert found[1].at == SATURDAY + 600


NIGHTS = Period(Weekly(tuple(range(7)), 0, 1439, BERLIN))
"""Every day from 00:00 to 23:59."""


def test_a_boundary_at_which_nothing_changes_is_no_change() -> None:
    declaration = Declaration(
        ROSTER, schedule=(ScheduleEntry(NIGHTS, state=RoomState.OPEN),)
    )
    assert effective(declaration, (), SATURDAY).until is not None
    assert next_change(declaration, (), SATURDAY) is None


def test_the_next_change_is_the_first_on_the_agenda() -> None:
    declaration = Declaration(
        ROSTER,
        schedule=(
            ScheduleEntry(OFFICE, state=RoomState.ENDED),
            ScheduleEntry(NIGHTS, state=RoomState.OPEN),
        ),
    )
    entries = list(agenda(declaration, (), SATURDAY, SATURDAY + 7 * DAY))
    assert next_change(declaration, (), SATURDAY) == entries[1].at
    assert entries[1].at == utc("2026-11-30T08:00")
