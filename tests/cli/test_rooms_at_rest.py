"""Commands say of rooms at rest, by what is on record, what they say by evaluating them."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from reconciler.engine.room import evaluation
from tests.cli.conftest import LINE, World

OTHER = """\
version: 1
conference: other
from: "+15550100001"
modes:
  quiet: {others: {muted: true}}
participants:
  kim: {to: "+15551230021", muted: false}
  lee: {to: "+15551230022", protect: true}
"""
COMMANDS = (
    ("plan", "desired"),
    ("--output", "json", "plan", "desired"),
    ("status", "--live"),
    ("--output", "json", "status", "--live", "--audibility"),
    ("status", "--live", "line"),
    ("sync", "desired", "--no-wait"),
    ("--output", "json", "sync", "desired", "--no-wait"),
)


@pytest.fixture
def rest(world: World) -> World:
    """Two rooms that a sync found as declared, one with what lasts for an hour."""
    world.converge()
    world.write(OTHER, "other.yaml")
    assert world.run("sync", "desired").code == 0
    assert world.run("set", "other", "kim", "muted=true", "--for", "1h").code == 0
    for _ in range(2):
        assert world.run("sync", "desired").code == 0
    assert stored(world) == ["line", "other"]
    return world


def database(world: World) -> sqlite3.Connection:
    return sqlite3.connect(world.folder / "reconciler.db", isolation_level=None)


def stored(world: World) -> list[str]:
    with closing(database(world)) as connection:
        rows = connection.execute("SELECT room FROM converged_rooms ORDER BY room")
        return [room for (room,) in rows]


def forget(world: World) -> None:
    with closing(database(world)) as connection:
        connection.execute("DELETE FROM converged_rooms")


def said(world: World, *words: str) -> object:
    done = world.run(*words)
    shown = timeless(json.loads(done.out)) if "json" in words else done.out
    return done.code, shown, done.err


def timeless(data: Any) -> Any:
    """*data* without the moments of observations, and of what happened before."""
    if isinstance(data, dict):
        return {
            name: timeless(value)
            for name, value in data.items()
            if not name.startswith(("observed_at", "seen_at"))
        }
    return [timeless(each) for each in data] if isinstance(data, list) else data


LATER = ("--output", "json", "plan", "desired", "--at", "2030-01-01T12:00:00Z")
"""When what lasts for an hour is over."""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_room_at_rest_is_not_planned_and_is_shown_as_if_it_were(
    rest: World, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def plan(*_: object, **__: object) -> None:
        raise AssertionError("it was planned")

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "make_plan", plan)
        by_record = said(rest, *words)
    forget(rest)
    assert said(rest, *words) == by_record


def edited(world: World) -> None:
    world.write(LINE.replace("ann: {", "ann: {muted: true, "))


def moved_down(world: World) -> None:
    world.write(f"# a comment\n\n{LINE}")


def listed_twice(world: World) -> None:
    world.write(
        OTHER.replace("other", "third").replace("+15551230021", "+15551230001"),
        "third.yaml",
    )


def removed(world: World) -> None:
    (world.folder / "desired" / "other.yaml").unlink()


CHANGES: dict[str, Callable[[World], object]] = {
    "nothing": lambda _: None,
    "edited": edited,
    "moved down": moved_down,
    "listed twice": listed_twice,
    "removed": removed,
    "unmuted": lambda world: world.tell("change", who="bob", muted=False),
    "gone": lambda world: world.tell("hang-up", who="ann"),
    "somebody else": lambda world: world.tell(
        "dial-in", room="line", **{"from": "+15551239999"}
    ),
    "paused": lambda world: world.run("pause", "line"),
    "override": lambda world: world.run("set", "line", "ann", "muted=true"),
    "mode": lambda world: world.run("mode", "other", "quiet", "--for", "1h"),
    "redial": lambda world: world.run("redial", "line", "dan"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_happened_since_is_shown_as_if_nothing_were_on_record(
    rest: World, change: Callable[[World], object]
) -> None:
    change(rest)
    commands = [LATER, *(words for words in COMMANDS if "sync" not in words)]
    shown = [said(rest, *words) for words in commands]
    forget(rest)
    assert [said(rest, *words) for words in commands] == shown
