"""A sync or plan parses no folder that is as it was loaded, and is as if it did."""

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.bootstrap import rules_digest
from reconciler.bootstrap.roster_source import read_rosters
from tests.cli.conftest import LINE, World

VARIABLE = LINE.replace('"+15551230004"', '"${ROSTER_DAN}"')
DAN = {"ROSTER_DAN": "+15551230004"}
FORMS = (
    ("sync",),
    ("sync", "desired"),
    ("sync", "desired", "--no-wait"),
    ("sync", "--force", "a test"),
    ("--output", "json", "sync"),
)


def other(room: str, number: int) -> str:
    """A room like the line, with other phones."""
    text = LINE.replace("conference: line", f"conference: {room}")
    text = text.replace("+1555123", f"+1555{number}")
    return text.replace("client:", f"client:{room}-").replace("sip:", f"sip:{room}-")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was parsed, for each time."""
    found: list[str] = []

    def reading(paths: Any, *args: Any) -> Any:
        found.append(" ".join(map(str, paths)))
        return read_rosters(paths, *args)

    monkeypatch.setattr("reconciler.cli.roster_load.read_rosters", reading)
    return found


@pytest.fixture
def loaded(world: World, parsed: list[str]) -> World:
    """Two rooms of one folder, and one of another, that syncs loaded; nothing parsed since."""
    world.converge()
    world.write(other("a-side", 124), "other.yaml")
    elsewhere = world.folder / "elsewhere" / "third.yaml"
    elsewhere.parent.mkdir()
    elsewhere.write_text(other("third", 125))
    assert world.run("sync", "elsewhere").code == 0
    assert world.run("sync").code == 0
    parsed.clear()
    return world


def run(world: World, *words: str, **environ: str) -> tuple[int, str, str]:
    done = world.run(*words, **environ)
    return done.code, done.out, done.err


def forget(world: World) -> None:
    """Have no folder known."""
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as connection:
        connection.execute("DELETE FROM loaded_folders")
        connection.commit()


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_a_folder_that_is_as_it_was_loaded_is_not_parsed_and_is_shown_the_same(
    loaded: World, parsed: list[str], words: tuple[str, ...]
) -> None:
    known = run(loaded, *words)
    assert parsed == []
    forget(loaded)
    assert run(loaded, *words) == known
    assert len(parsed) == 1
    assert known[0] == 0
    assert "third" in known[1]


PLANS = (
    ("plan",),
    ("plan", "--exit-code", "--take-over"),
    ("--output", "json", "plan"),
    ("plan", "--output", "markdown"),
)
SINCE: dict[str, Callable[[World], object]] = {
    "nothing": lambda _: None,
    "hung up": lambda world: world.tell("hang-up", who="ann"),
    "unmuted": lambda world: world.tell("change", who="bob", muted=False),
    "paused": lambda world: world.run("pause", "line"),
    "override": lambda world: world.run("set", "line", "ann", "muted=true"),
    "for a time": lambda world: world.run(
        "set", "line", "ann", "hold=true", "--for=1h"
    ),
    "redial": lambda world: world.run("redial", "line", "dan"),
    "ended": lambda world: world.run("end", "line", "--yes"),
}


@pytest.mark.parametrize("since", SINCE.values(), ids=SINCE)
def test_a_plan_of_a_known_folder_is_that_of_its_files(
    loaded: World, parsed: list[str], since: Callable[[World], object]
) -> None:
    since(loaded)
    known = [shown(loaded, *words) for words in PLANS]
    assert parsed == []
    forget(loaded)
    assert [shown(loaded, *words) for words in PLANS] == known
    assert len(parsed) == len(PLANS)


def test_a_plan_of_a_generation_before_is_that_of_the_files(
    loaded: World, parsed: list[str]
) -> None:
    muted(loaded)
    assert run(loaded, "sync")[0] == 0
    assert run(loaded, "rollback", "line", "--to", "1", "--yes")[0] == 0
    run(loaded, "sync", "--no-wait")
    parsed.clear()
    known = [shown(loaded, *words) for words in PLANS]
    assert parsed == []
    forget(loaded)
    assert [shown(loaded, *words) for words in PLANS] == known


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--at", "2030-01-01T12:00:00Z"),
        ("plan", "--out", "saved.json"),
        ("plan", "--target", "line"),
    ],
    ids=" ".join,
)
def test_a_plan_that_needs_the_files_themselves_parses_them(
    loaded: World, parsed: list[str], words: tuple[str, ...]
) -> None:
    assert run(loaded, *words)[0] == 0
    assert len(parsed) == 1


def shown(world: World, *words: str) -> tuple[int, str, str]:
    """What a command says, without the moment of its observations."""
    code, out, err = run(world, *words)
    return code, re.sub(r'"[a-z_]*observed_at[a-z_0-9]*": [^,]*', "", out), err


def test_rooms_of_a_known_folder_converge_as_others(
    loaded: World, parsed: list[str]
) -> None:
    loaded.tell("hang-up", who="ann")
    loaded.tell("change", who="bob", muted=False)

    assert run(loaded, "sync", "--no-wait")[0] in {0, 3, 4}

    assert parsed == []
    assert loaded.people()["bob"]["muted"] is True


def test_a_known_folder_takes_part_in_no_other_load(
    loaded: World, parsed: list[str]
) -> None:
    for folder in ("elsewhere", "desired", "elsewhere"):
        assert run(loaded, "sync", folder)[0] == 0
    assert parsed == ["elsewhere"]
    assert set(loaded.rooms()) == {"line", "a-side", "third"}


def kept_times(path: Path, text: str) -> None:
    """Another text of the same length, with the times of the one before."""
    before = path.stat()
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def muted(world: World) -> None:
    text = LINE.replace("{muted: false, hold: false}", "{hold: false, muted: true }")
    kept_times(world.folder / "desired" / "line.yaml", text)


EDITS: dict[str, Callable[[World], object]] = {
    "edited": muted,
    "added": lambda world: world.write(other("more", 126), "more.yaml"),
    "removed": lambda world: (world.folder / "desired" / "other.yaml").unlink(),
    "renamed": lambda world: (world.folder / "desired" / "other.yaml").rename(
        world.folder / "desired" / "others.yaml"
    ),
    "wrong": lambda world: world.write("version: 2\n", "wrong.yaml"),
    "released": lambda world: world.run("release", "a-side"),
    "loaded alone": lambda world: world.run("sync", "desired/other.yaml"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_is_not_as_it_was_loaded_is_parsed(
    loaded: World, parsed: list[str], edit: Callable[[World], object]
) -> None:
    edit(loaded)
    parsed.clear()

    loaded.run("sync", "--no-wait")

    assert len(parsed) == 1 or edit is EDITS["loaded alone"]


def test_an_edit_that_keeps_length_and_times_is_carried_out(
    loaded: World, parsed: list[str]
) -> None:
    muted(loaded)

    assert run(loaded, "sync")[0] == 0

    assert loaded.people()["ann"]["muted"] is True
    assert len(parsed) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "desired/line.yaml"),
        ("sync", "desired", "elsewhere"),
        ("sync", "--target", "line"),
    ],
    ids=" ".join,
)
def test_anything_but_one_folder_is_parsed(
    loaded: World, parsed: list[str], words: tuple[str, ...]
) -> None:
    loaded.run(*words)

    assert len(parsed) == 1


def test_variables_are_read_each_time(world: World, parsed: list[str]) -> None:
    world.converge()
    world.write(VARIABLE)
    for _ in range(2):
        assert run(world, "sync", **DAN)[0] == 0
    assert len(parsed) == 2
    code, _, err = run(world, "sync")
    assert code == 78
    assert "ROSTER_DAN" in err


def test_warnings_are_shown_each_time(world: World, parsed: list[str]) -> None:
    world.converge()
    world.write(other("twice", 123), "twice.yaml")

    first, second = (run(world, "sync", "--no-wait")[2] for _ in range(2))

    assert first.count("warning: ") == second.count("warning: ") > 0
    assert len(parsed) == 2


def test_a_file_that_was_written_just_now_is_parsed(
    loaded: World, parsed: list[str]
) -> None:
    loaded.run("sync", "--no-wait", "--timeout", "0", RECONCILER_QUIET="1h")

    assert len(parsed) == 1


def test_another_policy_is_asked_again(loaded: World, parsed: list[str]) -> None:
    policy = loaded.folder / "policy.yaml"
    policy.write_text("version: 1\naddresses: [client]\n")

    code, _, _ = run(loaded, "sync", RECONCILER_POLICY=str(policy))

    assert len(parsed) == 1
    assert code == 78


def test_other_code_reads_files_again(
    loaded: World, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_digest, "code_digest", lambda: b"other")
    rules_digest.own_code.cache_clear()
    try:
        assert run(loaded, "sync")[0] == 0
        assert len(parsed) == 1
    finally:
        rules_digest.own_code.cache_clear()


def test_other_time_zone_data_read_files_again(
    loaded: World, parsed: list[str], request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("packaged_zones")
    assert run(loaded, "sync")[0] == 0
    assert len(parsed) == 1


def test_files_with_errors_are_complained_of_before_the_database(
    loaded: World, parsed: list[str]
) -> None:
    loaded.write("version: 2\n")
    (loaded.folder / "desired" / "other.yaml").unlink()
    (loaded.folder / "broken.db").write_text("no database " * 100)

    url = f"sqlite:///{loaded.folder}/broken.db"
    code, _, err = run(loaded, "sync", RECONCILER_DATABASE_URL=url)

    assert code == 78
    assert "line.yaml:1" in err
    assert len(parsed) == 1
