"""Which files are read, in which order, and what is no roster at all."""

import os
from pathlib import Path

import pytest

from reconciler.files import examine, load
from reconciler.files.folder import roster_files
from reconciler.model.errors import Problem, RosterError


def write(path: Path, *rooms: str) -> Path:
    """A file that declares *rooms*, empty ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    one = "---\nversion: 1\nconference: {}\nparticipants: {{}}\n"
    path.write_text("".join(one.format(room) for room in rooms))
    return path


def refusal(*paths: Path) -> tuple[Problem, ...]:
    with pytest.raises(RosterError) as caught:
        load(paths, {})
    return caught.value.problems


def errors(*paths: Path) -> tuple[Problem, ...]:
    return examine(paths, {})[0].errors


def loaded(*paths: Path) -> list[str]:
    """The rooms that are loaded, and whether a file is refused."""
    return [each.room for each in load(paths, {}).rosters]


def test_a_folder_is_searched_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yml", "c.yaml", "a/b/y.yaml"):
        write(tmp_path / name, name.replace("/", "-"))
    write(tmp_path / ".hidden.yaml", "hidden")
    write(tmp_path / ".git/x.yaml", "hidden-too")
    write(tmp_path / "notes.txt", "notes")

    loading = load([tmp_path], {})

    names = [os.path.relpath(each, tmp_path) for each in loading.files]
    assert names == ["a/b/y.yaml", "a/z.yml", "b.yaml", "c.yaml"]
    rooms = [each.room for each in loading.rosters]
    assert rooms == ["a-b-y.yaml", "a-z.yml", "b.yaml", "c.yaml"]
    assert loading.folder == str(tmp_path.resolve())


def test_a_name_is_shown_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "desired/line.yaml", "line")
    monkeypatch.chdir(tmp_path)

    loading = load([Path("desired")], {})

    assert loading.files == ("desired/line.yaml",)
    assert loading.rosters[0].source == "desired/line.yaml:2"
    assert loading.folder == str(tmp_path.resolve() / "desired")


def test_single_files_and_several_folders_are_no_folder(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a/1.yaml", "1st"), write(tmp_path / "b/2.yaml", "2nd")

    assert load([one], {}).folder is None
    assert load([one.parent, two.parent], {}).folder is None
    assert load([one.parent, two], {}).folder is None


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    one = write(tmp_path / "1.yaml", "one")
    (tmp_path / "link.yaml").symlink_to(one)

    assert len(load([tmp_path, one, one], {}).rosters) == 1


def test_a_room_of_two_files_is_refused_with_both_places(tmp_path: Path) -> None:
    one = write(tmp_path / "1.yaml", "here", "there")
    two = write(tmp_path / "2.yaml", "elsewhere", "there")

    (found,) = errors(tmp_path)

    assert (found.file, found.line, found.column) == (str(two), 7, 13)
    assert found.message.endswith(f"first at {one}:7:13")
    assert loaded(tmp_path) == ["here", "elsewhere"]
    (refused,) = load([tmp_path], {}).refused
    assert (refused.path, refused.rooms) == (str(two), ("there",))


def test_a_room_declared_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    (found,) = refusal(write(tmp_path / "1.yaml", "room", "room"))

    assert found.line == 7


def test_a_bad_file_holds_back_its_own_rooms_and_no_others(tmp_path: Path) -> None:
    write(tmp_path / "1.yaml", "12")
    write(tmp_path / "2.yaml", "good")
    write(tmp_path / "3.yaml", "yes")

    loading = load([tmp_path, tmp_path / "none.yaml"], {})

    assert [Path(each.file).name for each in loading.refused] == [
        "1.yaml",
        "3.yaml",
        "none.yaml",
    ]
    assert [each.room for each in loading.rosters] == ["good"]


def test_one_wrong_document_holds_back_every_room_of_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "1.yaml", "fine", "wrong")
    path.write_text(path.read_text() + "unlisted: mut\n")
    write(tmp_path / "2.yaml", "good")

    (refused,) = load([tmp_path], {}).refused

    assert (refused.file, refused.rooms) == (str(path), ("fine", "wrong"))
    assert loaded(tmp_path) == ["good"]


def test_a_warning_is_told_beside_an_error(tmp_path: Path) -> None:
    path = tmp_path / "1.yaml"
    path.write_text(
        'version: 1\nconference: room\nfrom: "+15550100000"\nparticipants:\n'
        "  a: {to: 'client:a'}\n  b: {to: 'client:a', muted: yes}\n"
    )

    found = refusal(path)

    assert [str(each.severity) for each in found] == ["warning", "error"]
    loading, all_of_them = examine([path], {})
    assert loading.rosters == ()
    assert len(loading.warnings) == 1
    assert all_of_them == found


@pytest.mark.parametrize(
    "content", ["", "\n\n", "# only a comment\n", "---\n", "---\n---\n"]
)
def test_a_file_without_a_roster_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text(content)

    (found,) = refusal(path)

    assert (found.line, found.message) == (0, "no roster in this file")
    assert "an empty file is not an empty roster" in found.hint


def test_a_folder_without_a_roster_file_is_an_error(tmp_path: Path) -> None:
    (found,) = refusal(tmp_path)

    assert (found.file, found.line) == (str(tmp_path), 0)
    assert found.message == "no roster file in this folder"
    assert "an empty folder is not an empty roster" in found.hint


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    (found,) = refusal(tmp_path / "nowhere")

    assert (found.message, found.hint) == (
        "no such folder",
        "to create an example: reconciler init",
    )


def test_a_link_to_nowhere_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "1.yaml", "room")
    (tmp_path / "2.yaml").symlink_to(tmp_path / "nowhere")

    (found,) = errors(tmp_path)

    assert Path(found.file).name == "2.yaml"


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")

    (found,) = refusal(tmp_path / "loop.yaml")

    assert "cannot be read" in found.message


def test_a_folder_named_like_a_file_is_searched(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml/b.yaml", "room")

    assert len(load([tmp_path], {}).rosters) == 1


@pytest.mark.parametrize("name", ["a\0b.yaml", "a" * 5000])
def test_a_path_that_no_system_takes_is_an_error(name: str) -> None:
    (found,) = refusal(Path(name))

    assert "cannot be read" in found.message


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.yaml"
    with path.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)

    (found,) = refusal(path)

    assert "larger than 16 MiB" in found.message


def test_what_is_not_a_regular_file_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")

    found = refusal(tmp_path / "pipe.yaml", tmp_path / "zero.yaml")

    assert [each.message for each in found] == ["is not a regular file"] * 2


def test_a_file_that_the_system_makes_up_is_refused_unshown(tmp_path: Path) -> None:
    (tmp_path / "env.yaml").symlink_to("/proc/self/status")

    (found,) = refusal(tmp_path / "env.yaml")

    assert (
        found.message == "is not a regular file: its content is generated by the system"
    )
    assert not found.snippet


def test_no_path_at_all_is_an_error() -> None:
    assert refusal()[0].message == "no roster file or folder given"


def linked(tmp_path: Path, target: Path, link: str) -> Path:
    """A folder with a room of its own and a link to *target*."""
    write(tmp_path / "desired/own.yaml", "own")
    (tmp_path / "desired" / link).symlink_to(target)
    return tmp_path / "desired"


@pytest.mark.parametrize("link", ["team", "other.yaml"])
def test_a_link_that_leaves_the_folder_is_refused_and_the_rest_is_read(
    tmp_path: Path, link: str
) -> None:
    write(tmp_path / "elsewhere/secret.yaml", "secret")
    target = tmp_path / "elsewhere" / ("secret.yaml" if "." in link else "")

    folder = linked(tmp_path, target, link)

    (found,) = errors(folder)
    assert (found.file, found.message) == (
        str(folder / link),
        "is a link to a target outside the folder",
    )
    assert loaded(folder) == ["own"]


def test_a_link_may_lead_to_a_folder_that_is_allowed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/shared.yaml", "shared")
    folder = linked(tmp_path, tmp_path / "elsewhere", "team")
    found: list[Problem] = []

    names = roster_files([folder], found, [tmp_path / "elsewhere"])

    assert not found
    assert [Path(name).name for name, _ in names] == ["own.yaml", "shared.yaml"]


def test_the_links_of_a_mounted_volume_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "cm/..2026_1/team/room.yaml", "room")
    (tmp_path / "cm/..data").symlink_to("..2026_1")
    (tmp_path / "cm/team").symlink_to("..data/team")
    write(tmp_path / "cm/..2026_1/top.yaml", "top")
    (tmp_path / "cm/top.yaml").symlink_to("..data/top.yaml")

    assert loaded(tmp_path / "cm") == ["room", "top"]


def test_a_folder_is_searched_once_however_many_links_lead_there(
    tmp_path: Path,
) -> None:
    write(tmp_path / "b/room.yaml", "room")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b/up").symlink_to("..")

    assert loaded(tmp_path) == ["room"]


def test_the_home_of_a_folder_is_its_path_as_given(tmp_path: Path) -> None:
    write(tmp_path / "releases/1/room.yaml", "room")
    (tmp_path / "current").symlink_to("releases/1")

    assert load([tmp_path / "current"], {}).folder == str(tmp_path / "current")


@pytest.mark.parametrize("name", ["room.YAML", "room.Yml", "room.yaml"])
def test_the_ending_may_be_in_any_case(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, "room")

    assert loaded(tmp_path) == ["room"]


def test_a_room_is_young_until_its_file_has_been_quiet_for_long_enough(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "room.yaml", "room")
    written = path.stat().st_mtime

    loading = load([path], {})

    assert loading.quiet_at(written + 1.0, 3.0) == {
        "room": pytest.approx(written + 3.0, abs=0.5)
    }
    assert loading.quiet_at(written + 60.0, 3.0) == {}
    assert loading.quiet_at(written + 1.0, 0.0) == {}


def test_a_file_from_the_future_is_as_young_as_can_be(tmp_path: Path) -> None:
    path = write(tmp_path / "room.yaml", "room")
    written = path.stat().st_mtime

    assert load([path], {}).quiet_at(written - 1000.0, 3.0) == {"room": written - 997.0}
