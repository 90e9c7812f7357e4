"""Which files are read, in which order, and what is no roster at all."""

import os
from pathlib import Path

import pytest

from reconciler.files import examine, load
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

    (found,) = refusal(tmp_path)

    assert (found.file, found.line, found.column) == (str(two), 7, 13)
    assert found.message.endswith(f"first at {one}:7:13")


def test_a_room_declared_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    (found,) = refusal(write(tmp_path / "1.yaml", "room", "room"))

    assert found.line == 7


def test_the_problems_of_all_files_are_told_and_good_files_do_not_load(
    tmp_path: Path,
) -> None:
    write(tmp_path / "1.yaml", "12")
    write(tmp_path / "2.yaml", "good")
    write(tmp_path / "3.yaml", "yes")

    found = refusal(tmp_path, tmp_path / "none.yaml")

    assert [Path(each.file).name for each in found] == [
        "1.yaml",
        "3.yaml",
        "none.yaml",
    ]


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
    assert "an empty file is not an empty declaration" in found.hint


def test_a_folder_without_a_roster_file_is_an_error(tmp_path: Path) -> None:
    (found,) = refusal(tmp_path)

    assert (found.file, found.line) == (str(tmp_path), 0)
    assert found.message == "no roster file in this folder"
    assert "an empty folder is not an empty declaration" in found.hint


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    (found,) = refusal(tmp_path / "nowhere")

    assert found.message == "no such file or folder"


def test_a_link_to_nowhere_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "1.yaml", "room")
    (tmp_path / "2.yaml").symlink_to(tmp_path / "nowhere")

    (found,) = refusal(tmp_path)

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

    found = refusal(tmp_path)

    assert [each.message for each in found] == ["is not a regular file"] * 2


def test_no_path_at_all_is_an_error() -> None:
    assert refusal()[0].message == "no roster file or folder was named"
