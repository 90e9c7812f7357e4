"""Rooms that depend on other files: read again, held back and young with them."""

import os
from pathlib import Path

import pytest

from reconciler.files import Cache, examine
from reconciler.files.roster_file import may_share
from tests.files.rosters import HEAD, errors, read, said, write

ANN, BOB = "  ann: {to: 'client:ann'}\n", "  bob: {to: 'client:bob'}\n"
PEOPLE = "version: 1\npeople:\n" + ANN + BOB


def room(name: str, lines: str) -> str:
    return HEAD.replace("room", name) + lines + "\n"


FILES = {
    "people.yaml": PEOPLE,
    "crew.yaml": "version: 1\ngroups: {crew: [ann]}\nroles: {r: {muted: true}}\n",
    "modes.yaml": "version: 1\nmodes: {m: {ann: {hold: true}}}\n",
    "all.csv": "label,to\nzoe,client:zoe\n",
    "part.yaml": "unlisted: mute\n",
    "1.yaml": room("of-ann", "participants: {ann: {}}"),
    "2.yaml": room("of-bob", "participants: {bob: {role: r}}"),
    "3.yaml": room("of-crew", "groups: {crew: {}}"),
    "4.yaml": room("of-csv", "groups: {all: {csv: all.csv}}"),
    "5.yaml": room("of-part", "participants: {}\ninclude: part.yaml"),
    "6.yaml": room("plain", "participants: {x: {to: 'client:x'}}"),
}

EDITS: list[tuple[str, str, list[str]]] = [
    ("people.yaml", PEOPLE.replace("client:ann", "client:a2"), ["of-ann", "of-crew"]),
    ("people.yaml", PEOPLE.replace("client:bob", "client:b2"), ["of-bob"]),
    ("people.yaml", "# only moved\n" + PEOPLE, []),
    ("crew.yaml", FILES["crew.yaml"].replace("[ann]", "[bob]"), ["of-crew"]),
    ("crew.yaml", FILES["crew.yaml"].replace("true", "false"), ["of-bob"]),
    ("all.csv", "label,to\nzoe,client:z2\n", ["of-csv"]),
    ("part.yaml", "unlisted: hold\n", ["of-part"]),
    (
        "modes.yaml",
        "version: 1\nmodes: {m: {x: {hold: true}}}\n",
        ["of-ann", "of-crew", "plain"],
    ),
]


@pytest.mark.parametrize(("name", "text", "changed"), EDITS)
def test_an_edit_changes_the_rooms_that_use_it_and_no_others(
    name: str, text: str, changed: list[str], tmp_path: Path
) -> None:
    cache = Cache()
    before, _ = read(tmp_path, FILES, cache=cache)

    after, problems = read(tmp_path, {name: text}, cache=cache)

    assert len(before.declarations) == 6
    kept = {id(each) for each in before.declarations}
    assert [
        x.room for x in after.declarations if x not in before.declarations
    ] == changed
    if name != "modes.yaml":
        assert [x.room for x in after.declarations if id(x) not in kept] == changed
    assert (after, problems) == examine([tmp_path], {})


BREAKS: list[tuple[str, str, list[str]]] = [
    ("people.yaml", PEOPLE + "  c: {}\n", ["of-ann", "of-bob", "of-crew"]),
    ("people.yaml", "version: 1\npeople: [\n", ["of-ann", "of-bob", "of-crew"]),
    ("people.yaml", PEOPLE.replace("  bob", " bob"), ["of-ann", "of-bob", "of-crew"]),
    ("crew.yaml", "version: 1\ngroups: {crew: []}\n", ["of-bob", "of-crew"]),
    ("all.csv", "label,to\nzoe\n", ["of-csv"]),
    ("part.yaml", "unlisted: no\n", ["of-part"]),
]


@pytest.mark.parametrize(("name", "text", "held"), BREAKS)
def test_a_broken_file_holds_back_the_rooms_that_use_it_and_no_others(
    name: str, text: str, held: list[str], tmp_path: Path
) -> None:
    cache = Cache()
    read(tmp_path, FILES, cache=cache)

    loading, problems = read(tmp_path, {name: text}, cache=cache)

    rooms = {each.room for each in loading.declarations}
    assert (
        sorted({f"of-{x}" for x in ("ann", "bob", "crew", "csv", "part")} - rooms)
        == held
    )
    assert "plain" in rooms
    assert sorted(x for each in loading.refused for x in each.rooms) == held
    assert {
        said(tmp_path, (each,))[0].partition(":")[0] for each in errors(problems)
    } == {name}
    again, mended = read(tmp_path, {name: FILES[name]}, cache=cache)
    assert len(again.declarations) == 6
    assert errors(mended) == ()


def test_what_two_files_declare_holds_back_who_uses_it(tmp_path: Path) -> None:
    files = {**FILES, "more.yaml": "version: 1\npeople:\n" + ANN}

    loading, problems = read(tmp_path, files)

    (only,) = said(tmp_path, errors(problems))
    assert only == (
        "people.yaml:3:3 'ann' is declared twice under people; first at "
        "more.yaml:3:3; declare it in one place"
    )
    assert {each.room for each in loading.declarations} == {
        "of-csv",
        "of-part",
        "plain",
    }


@pytest.mark.parametrize(
    ("name", "young"),
    [
        ("people.yaml", {"of-ann", "of-bob", "of-crew"}),
        ("crew.yaml", {"of-bob", "of-crew"}),
        ("all.csv", {"of-csv"}),
        ("part.yaml", {"of-part"}),
        ("6.yaml", {"plain"}),
    ],
)
def test_a_room_is_as_young_as_the_youngest_file_it_uses(
    name: str, young: set[str], tmp_path: Path
) -> None:
    write(
        tmp_path, {each: text for each, text in FILES.items() if each != "modes.yaml"}
    )
    loading, _ = examine([tmp_path], {})
    last = max(loading.changed_at.values())
    os.utime(tmp_path / name, (last + 100, last + 100))

    later, _ = examine([tmp_path], {})

    assert set(later.quiet_at(last + 101, 50)) == young


def test_the_files_that_are_named_are_known(tmp_path: Path) -> None:
    loading, _ = read(tmp_path, FILES)

    assert [Path(each).name for each in loading.named] == ["all.csv", "part.yaml"]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        (room("a", "participants: {}"), False),
        ("# note\n---\n" + room("a", "") + "---\n" + room("b", ""), False),
        ("'conference' : a", False),
        (PEOPLE, True),
        (room("a", "") + "---\n" + PEOPLE, True),
        ("{version: 1, conference: a}", True),
        ("a: |\n  conference: b\n", True),
        ("version: 1\nx: {conference: b}", True),
    ],
)
def test_only_files_that_may_declare_for_all_are_opened_first(
    text: str, *, shares: bool
) -> None:
    assert may_share(text.encode()) is shares


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("version: 1\npeople: [\n", "version: 1\npeople: {}\n"),
        (
            PEOPLE + "roles: {r: {muted: true}}\n",
            "# moved\n" + PEOPLE + "roles: {r: {muted: true}}\n",
        ),
    ],
)
def test_what_another_file_makes_wrong_is_told_anew_when_that_file_changes(
    first: str, second: str, tmp_path: Path
) -> None:
    cache = Cache()
    lines = "participants: {ann: {role: r, muted: false}}"
    if "roles" not in first:
        lines = "participants: {ann: {}}"
    files = {"people.yaml": first, "1.yaml": room("of-ann", lines)}
    read(tmp_path, files, cache=cache)

    again, problems = read(tmp_path, {"people.yaml": second}, cache=cache)

    assert again.declarations == ()
    assert errors(problems)
    assert (again, problems) == examine([tmp_path], {})
