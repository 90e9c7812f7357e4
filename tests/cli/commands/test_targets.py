"""``--target``: plan and sync narrowed to some rooms, or to some people of them."""

import pytest

from tests.cli.conftest import LINE, World

OTHER = LINE.replace("conference: line", "conference: other").replace(
    "+1555123", "+1555124"
)


def test_a_sync_of_one_person_calls_nobody_else_and_shows_who_is_left_out(
    world: World,
) -> None:
    world.write(LINE)
    planned = world.run("plan", "--target", "line/ann")
    assert "bob: ring client:bob (muted) left out: not a target" in planned.out
    done = world.run("sync", "--target", "line/ann")
    assert done.code == 0, done.err + done.out
    assert world.rings() == ["ann"]
    assert world.run("sync").code == 0
    assert sorted(world.rings()) == ["ann", "bob", "cara", "dan", "sup"]


def test_a_sync_of_one_room_loads_and_releases_no_other(world: World) -> None:
    world.write(LINE)
    world.write(OTHER, "other.yaml")
    assert world.run("sync", "--target", "line").code == 0
    assert world.run("status", "other").code != 0
    assert world.run("sync").code == 0
    assert world.run("sync", "--target", "other").code == 0
    rooms = world.run("status", "--output", "json").data["rooms"]
    assert {each["conference"]: each["state"] for each in rooms} == {
        "line": "converged",
        "other": "converged",
    }


@pytest.mark.parametrize("verb", ["plan", "sync"])
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("lime", "no such room is declared. Rooms: line"),
        ("line/eve", "no such member. line has ann, bob, cara, dan, sup"),
    ],
)
def test_a_target_that_is_not_there_is_an_error_and_nothing_is_done(
    world: World, verb: str, target: str, said: str
) -> None:
    world.write(LINE)
    done = world.run(verb, "--target", target)
    assert done.code == 78
    assert said in done.err
    assert not world.creates()


def test_one_person_alone_is_removed_and_the_json_has_who_is_left_out(
    world: World,
) -> None:
    world.converge()
    lines = LINE.splitlines(keepends=True)
    world.write("".join(x for x in lines if "bob" not in x and "dan" not in x))
    done = world.run("sync", "--target", "line/dan", "--output", "json")
    (room,) = done.data["rooms"]
    assert [each["label"] for each in room["left_out"]] == ["bob"]
    assert set(world.people()) == {"ann", "bob", "cara", "sup"}
