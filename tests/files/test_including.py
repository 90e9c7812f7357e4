"""Parts of rosters in other files: what holds, and mistakes by their own places."""

from pathlib import Path

import pytest

from reconciler.model.policy import Policy
from tests.files.rosters import HEAD, declared, errors, read, said

PART = "participants:\n  ann: {to: 'client:ann'}\ndefaults: {muted: true}\n"


def room(lines: str) -> str:
    return HEAD + lines


def test_a_part_gives_what_the_room_does_not(tmp_path: Path) -> None:
    files = {
        "room.yaml": room(
            "include: [parts/p.yaml, mode.inc]\ndefaults: {hold: false}\n"
            "participants: {bob: {to: 'client:bob'}}\nmode: quiet\n"
        ),
        "parts/p.yaml": PART + "unlisted: mute\nx-own: 1\n",
        "mode.inc": "modes: {quiet: {ann: {muted: true}}}\nroles: {r: {}}\n",
    }

    declaration = declared(tmp_path, files)

    bob, ann = declaration.roster.members
    assert (bob.label, bob.muted, bob.hold) == ("bob", True, False)
    assert (ann.label, ann.muted, ann.hold) == ("ann", True, False)
    assert declaration.roster.unlisted == "mute"
    assert declaration.mode == "quiet"


def test_what_the_room_says_itself_holds(tmp_path: Path) -> None:
    files = {
        "room.yaml": room(
            "include: p.yaml\ndefaults: {muted: false}\n"
            "participants: {ann: {to: 'client:other'}}\nunlisted: keep\n"
        ),
        "p.yaml": PART + "unlisted: remove\n",
    }

    roster = declared(tmp_path, files).roster

    (ann,) = roster.members
    assert (ann.to, ann.muted, roster.unlisted) == ("client:other", False, "keep")


def test_parts_include_parts_relative_to_themselves_and_one_twice(
    tmp_path: Path,
) -> None:
    files = {
        "room.yaml": room("include: [a/a.yaml, b.yaml]\n"),
        "a/a.yaml": "include: [deep/c.yaml]\n",
        "b.yaml": "include: a/deep/c.yaml\n",
        "a/deep/c.yaml": PART,
    }

    assert [x.label for x in declared(tmp_path, files).roster.members] == ["ann"]


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"p.yaml": "participants:\n  ann: {to: 'client:ann', mutd: true}\n"}, "p.yaml:2:27 unknown key 'mutd' in participant 'ann'; did you mean 'muted'?"),
    ({"p.yaml": "participants: {ann: {}}\n"}, "p.yaml:1:16 'ann' has no 'to';"),
    ({"p.yaml": "a: [\n"}, "p.yaml:2:1 invalid YAML:"),
    ({"p.yaml": ""}, "p.yaml:1:1 no part of a roster in this file;"),
    ({"p.yaml": "a: 1\n---\nb: 1\n"}, "p.yaml:3:1 a part of a roster must be a single document; remove the line ---"),
    ({"p.yaml": "conference: x\n" + PART}, "p.yaml:1:1 unknown key 'conference' in a part of a roster; only the file that includes"),
    ({"p.yaml": "version: 1\n" + PART}, "p.yaml:1:1 unknown key 'version' in a part of a roster; only the file that includes"),
    ({"p.yaml": "include: p.yaml\n" + PART}, "p.yaml:1:10 circular include: p.yaml → p.yaml; remove"),
    ({"p.yaml": "include: q.yaml\n" + PART, "q.yaml": "include: p.yaml\n"}, "q.yaml:1:10 circular include: p.yaml → q.yaml → p.yaml;"),
    ({"p.yaml": "include: room.yaml\n" + PART}, "p.yaml:1:10 circular include: room.yaml → p.yaml → room.yaml;"),
    ({"p.yaml": "include: gone.yaml\n" + PART}, "p.yaml:1:10 include: gone.yaml: no such file or folder; create the file, or correct its path"),
    ({"p.yaml": "include: ../out.yaml\n" + PART}, "p.yaml:1:10 include: '/out.yaml' is not in the folder of this file;"),
    ({"p.yaml": "include: {a: b}\n" + PART}, "p.yaml:1:10 include must be a list of files; write include: [part.yaml]"),
    ({"p.yaml": PART + "include: q.yaml\n", "q.yaml": PART}, "q.yaml:2:3 'ann' is in two files that this room includes; first at p.yaml:2:3; keep one"),
    ({"p.yaml": PART + "include: q.yaml\nunlisted: keep\n", "q.yaml": "unlisted: mute\n"}, "q.yaml:1:1 'unlisted' is in two files that this room includes; first at p.yaml:5:1;"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), MISTAKES)
def test_a_mistake_is_named_by_its_place_in_the_part(
    files: dict[str, str], expected: str, tmp_path: Path
) -> None:
    folder = tmp_path / "in"

    loading, problems = read(folder, {"room.yaml": room("include: p.yaml\n"), **files})

    found = [each.replace(str(tmp_path), "") for each in said(folder, errors(problems))]
    assert any(each.startswith(expected) for each in found), found
    assert len([each for each in found if "a roster needs" not in each]) <= 2
    assert "room" in loading.refused[-1].rooms
    assert loading.declarations == ()


def test_a_problem_shows_the_line_of_the_part(tmp_path: Path) -> None:
    files = {"room.yaml": room("include: p.yaml\n"), "p.yaml": PART + "unlisted: no\n"}

    _, problems = read(tmp_path, files)

    assert [each.snippet for each in problems] == ["unlisted: no"]


def test_a_part_that_nobody_includes_is_an_error(tmp_path: Path) -> None:
    loading, problems = read(tmp_path, {"p.yaml": PART})

    (only,) = said(tmp_path, problems)
    assert only == (
        "p.yaml:1:1 a roster needs version and conference; begin with version: 1 and "
        "conference: my-room, or let a room include it"
    )
    assert [each.rooms for each in loading.refused] == [()]


@pytest.mark.parametrize("allowed", [False, True])
def test_a_part_outside_the_folder_needs_the_policy(
    *, allowed: bool, tmp_path: Path
) -> None:
    folder, common = tmp_path / "in", tmp_path / "common"
    common.mkdir()
    (common / "p.yaml").write_text(PART)
    policy = Policy(links=(str(common),)) if allowed else Policy()

    loading, problems = read(
        folder, {"room.yaml": room("include: ../common/p.yaml\n")}, policy=policy
    )

    assert bool(loading.declarations) is allowed
    assert bool(problems) is not allowed


def test_only_the_rooms_that_include_a_broken_part_are_held_back(
    tmp_path: Path,
) -> None:
    one = HEAD.replace("room", "one") + "participants: {}\ninclude: p.yaml\n"
    two = HEAD.replace("room", "two") + "participants: {}\n"
    files = {"both.yaml": f"{one}---\n{two}", "p.yaml": "unlisted: no\n"}

    loading, _ = read(tmp_path, files)

    assert [each.room for each in loading.declarations] == ["two"]
    assert [each.rooms for each in loading.refused] == [("one",)]


def test_a_room_that_another_includes_is_still_one_itself(tmp_path: Path) -> None:
    one = HEAD.replace("room", "one") + "participants: {}\n"
    two = HEAD.replace("room", "two") + "include: one.yaml\n"

    loading, problems = read(tmp_path, {"one.yaml": one, "two.yaml": two})

    assert [each.room for each in loading.declarations] == ["one"]
    assert "conference" in said(tmp_path, problems)[1]
