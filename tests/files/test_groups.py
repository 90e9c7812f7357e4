"""Groups: who is in them, what they want, and machines that would count."""

from pathlib import Path

import pytest

from reconciler.model.roster import Group, GroupOrder, Late
from tests.files.rosters import HEAD, declared, read, with_people


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("[ann, bob]", Group("ops", ("ann", "bob"))),
        ("{members: [bob], want: 1}", Group("ops", ("bob",), 1)),
        (
            "{members: [bob, ann], want: 1, each: 20s, order: priority, late: keep}",
            Group("ops", ("bob", "ann"), 1, 20.0, GroupOrder.PRIORITY, Late.KEEP),
        ),
    ],
)
def test_a_group_is_read(group: str, expected: Group, tmp_path: Path) -> None:
    roster = declared(tmp_path, with_people(f"groups: {{ops: {group}}}")).roster

    assert roster.groups == (expected,)
    assert tuple(each.label for each in roster.members) == expected.labels


def test_who_is_listed_several_times_is_one_member(tmp_path: Path) -> None:
    lines = "participants: {bob: {}}\ngroups: {dbas: {}, ops: [cara, ann], more: [bob]}"
    roster = declared(tmp_path, with_people(lines)).roster

    assert [each.label for each in roster.members] == ["bob", "ann", "cara"]
    assert [each.labels for each in roster.groups] == [
        ("ann", "bob"),
        ("cara", "ann"),
        ("bob",),
    ]


def test_a_group_that_counts_machines_is_warned_of(tmp_path: Path) -> None:
    _, problems = read(tmp_path, with_people("groups: {dbas: {want: 1}}"))
    _, none = read(
        tmp_path,
        with_people("defaults: {machine_detection: Enable}\ngroups: {dbas: {want: 1}}"),
    )

    (only,) = problems
    assert only.message == (
        "an answering machine counts as one of 'dbas': not all of them have "
        "machine_detection"
    )
    assert none == ()


@pytest.mark.parametrize(
    ("groups", "hint"),
    [
        (
            "{ga: {want: 1, members: [x]}, gb: {want: 1, members: [y]}}",
            "the phone will ring once, for 'x'; 'y' stays on standby",
        ),
        (
            "{ga: {want: 1, members: [x]}}",
            "the phone will ring once, for 'y'; 'x' stays on standby",
        ),
        ("{ga: [x], gb: [y]}", "the phone will ring once for each"),
        ("{}", "the phone will ring once for each"),
    ],
)
def test_one_phone_of_two_labels_is_said_to_ring_as_the_groups_call_it(
    groups: str, hint: str, tmp_path: Path
) -> None:
    people = "participants: {x: {to: 'client:a'}, y: {to: 'client:a'}}\n"
    files = {"room.yaml": f"{HEAD}{people}groups: {groups}\n"}

    _, problems = read(tmp_path, files)

    assert [x.hint for x in problems if "have the same 'to'" in x.message] == [hint]
