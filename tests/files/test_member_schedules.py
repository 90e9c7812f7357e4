"""Schedules of rooms, members and groups, as a whole file declares them."""

from pathlib import Path

import pytest

from reconciler.model.declaration import Presence
from reconciler.model.roster import RoomState
from reconciler.model.schedule import Period, Weekly
from tests.files.rosters import HEAD, declared, errors, read, said

PEOPLE = (
    "version: 1\npeople:\n"
    "  ann: {to: 'client:ann', timezone: Europe/Berlin}\n"
    "  bob: {to: 'client:bob'}\n"
)
DAY, NIGHT = 'when: "daily 08:00-16:00"', 'when: "daily 16:00-23:00"'


def period(text: str, zone: str) -> Period:
    hours = text.split('"')[1]
    start, end = (int(each[:2]) * 60 for each in hours.partition(" ")[2].split("-"))
    return Period(Weekly(tuple(range(7)), start, end, zone), (), f"{hours} {zone}")


def presences(lines: str, folder: Path) -> tuple[Presence, ...]:
    files = {"people.yaml": PEOPLE, "room.yaml": HEAD + lines}
    return declared(folder, files).presences


@pytest.mark.parametrize(
    ("lines", "zone"),
    [
        (f"participants: {{ann: {{schedule: {{{DAY}}}}}}}", "Europe/Berlin"),
        (f"participants: {{ann: {{schedule: [{{{DAY}}}]}}}}", "Europe/Berlin"),
        (f"participants: {{ann: {{timezone: Asia/Tokyo, schedule: {{{DAY}}}}}}}", "Asia/Tokyo"),
        (f"participants: {{ann: {{schedule: {{{DAY}, timezone: Asia/Tokyo}}}}}}", "Asia/Tokyo"),
        (f"timezone: UTC\nparticipants: {{ann: {{schedule: {{{DAY}}}}}}}", "Europe/Berlin"),
        (f"timezone: Asia/Tokyo\nparticipants: {{ann: {{to: 'client:a', schedule: {{{DAY}}}}}}}", "Asia/Tokyo"),
        (f"defaults: {{timezone: Asia/Tokyo}}\nparticipants: {{ann: {{to: 'client:a', schedule: {{{DAY}}}}}}}", "Asia/Tokyo"),
        (f"groups: {{g: {{members: [ann], timezone: Asia/Tokyo, schedule: {{{DAY}}}}}}}", "Asia/Tokyo"),
        (f"timezone: Asia/Tokyo\ngroups: {{g: {{members: [ann], schedule: {{{DAY}}}}}}}", "Asia/Tokyo"),
    ],
)  # fmt: skip
def test_the_nearest_time_zone_counts(lines: str, zone: str, tmp_path: Path) -> None:
    assert presences(lines, tmp_path) == (Presence(("ann",), (period(DAY, zone),)),)


def test_who_is_in_groups_alone_is_declared_while_one_of_them_is(
    tmp_path: Path,
) -> None:
    lines = (
        "timezone: UTC\n"
        "participants:\n"
        "  p: {to: 'client:p'}\n"
        f"  q: {{to: 'client:q', schedule: {{{NIGHT}}}}}\n"
        "groups:\n"
        f"  day: {{members: [ann, bob, p, q], schedule: {{{DAY}}}}}\n"
        f"  night: {{members: [ann], schedule: {{{NIGHT}}}}}\n"
        "  always: [bob]\n"
    )
    day, night = period(DAY, "UTC"), period(NIGHT, "UTC")

    assert presences(lines, tmp_path) == (
        Presence(("q",), (night,)),
        Presence(("ann",), (day, night)),
    )


def test_a_schedule_names_modes_of_the_room_and_shared_ones(tmp_path: Path) -> None:
    lines = (
        "timezone: UTC\nparticipants: {ann: {}}\nmodes: {own: {}}\nschedule:\n"
        f"- {{{DAY}, mode: own}}\n- {{{NIGHT}, mode: everywhere, state: open}}\n"
        "- {otherwise: true, state: ended, mode: normal}\n"
    )
    files = {
        "people.yaml": PEOPLE + "modes: {everywhere: {}}\n",
        "room.yaml": HEAD + lines,
    }

    schedule = declared(tmp_path, files).schedule

    assert [each.mode for each in schedule] == ["own", "everywhere", "normal"]
    assert [each.state for each in schedule] == [None, RoomState.OPEN, RoomState.ENDED]


MISTAKES = [
    (f"schedule: [{{{DAY}, mode: quite, timezone: UTC}}]\nmodes: {{quiet: {{}}}}", "5:46 this room has no mode 'quite'; did you mean 'quiet'?"),
    (f"schedule: [{{{DAY}, mode: normal}}]", "5:12 a window needs timezone;"),
    ("timezone: Europe/Berln", "5:11 unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
    ("groups: {g: {members: [ann], timezone: Mars, schedule: {when: x}}}", "5:40 unknown time zone 'Mars';"),
    ("modes: {m: {}}\ngroups: {g: {members: [ann], schedule: {mode: m}}}", "6:40 a window needs when or rrule"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), MISTAKES)
def test_a_mistake_is_named_by_its_place(
    lines: str, expected: str, tmp_path: Path
) -> None:
    room = HEAD + "participants: {bob: {}}\n" + lines

    _, problems = read(tmp_path, {"people.yaml": PEOPLE, "room.yaml": room})

    assert said(tmp_path, errors(problems))[0].startswith(f"room.yaml:{expected}")


def test_a_persons_time_zone_is_checked_where_it_is_written(tmp_path: Path) -> None:
    people = PEOPLE.replace("Europe/Berlin", "Europe/Berln")

    _, problems = read(tmp_path, {"people.yaml": people})

    (only,) = said(tmp_path, problems)
    assert only.startswith("people.yaml:3:37 unknown time zone 'Europe/Berln'")
