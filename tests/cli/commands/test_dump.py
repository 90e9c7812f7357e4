"""A live room, written as a roster, is a roster that is so already."""

from typing import Any

import yaml

from tests.cli.conftest import World


def live(world: World) -> None:
    """A room as declared, with two who dialed in."""
    world.converge()
    world.tell("dial-in", room="line", **{"from": "+15559990000"})
    world.tell("dial-in", room="line", **{"from": "+15559990001"})
    world.forget()


def dumped(world: World) -> Any:
    done = world.run("dump", "line")
    assert done.code == 0, done.err
    return yaml.safe_load(done.out)


def test_a_dump_says_who_is_in_the_room_and_how(world: World) -> None:
    live(world)

    roster = dumped(world)

    people = roster["participants"]
    assert roster["conference"] == "line"
    assert sorted(people) == ["ann", "bob", "cara", "dan", "guest-1", "guest-2", "sup"]
    assert people["bob"]["to"] == "client:bob"
    assert people["bob"]["muted"] is True
    assert people["cara"]["hold"] is True
    assert people["sup"]["coaching"] == "ann"
    assert people["ann"]["end_conference_on_exit"] is False
    numbers = {people["guest-1"]["to"], people["guest-2"]["to"]}
    assert numbers == {"+15559990000", "+15559990001"}
    assert world.writes() == []


def test_a_stranger_gets_a_label_and_a_comment(world: World) -> None:
    live(world)
    out = world.run("dump", "line").out
    assert out.count("# no label at Twilio: identified by the number of CA") == 2


def test_the_plan_of_a_dump_is_empty_where_the_room_was_loaded(world: World) -> None:
    live(world)
    world.write(world.run("dump", "line").out)

    plan = world.run("plan", "--output", "json", "--exit-code")

    assert plan.code == 0, plan.out
    assert plan.data["converged"] is True
    assert plan.data["summary"] == dict.fromkeys(
        ("ring", "change", "remove", "withheld", "waiting"), 0
    )


def test_the_plan_of_a_dump_is_empty_where_nothing_was_ever_loaded(
    world: World,
) -> None:
    live(world)
    world.tell("change", who="dan", muted=True)
    world.write(world.run("dump", "line").out)
    (world.folder / "reconciler.db").unlink()

    plan = world.run("plan", "--output", "json", "--exit-code")
    assert plan.code == 0, plan.out
    assert world.run("sync").code == 0
    assert world.rings() == []
    assert [each for each in world.writes() if each["path"].count("CA")] == []


def test_a_dump_for_programs_is_the_same_roster(world: World) -> None:
    live(world)
    assert world.run("dump", "line", "--output", "json").data == dumped(world)


def test_a_room_that_twilio_does_not_show_cannot_be_dumped(world: World) -> None:
    live(world)
    assert world.run("dump", "nowhere").code == 78
    world.tell("faults", kind="garbage", method="GET", path="*", times=1000)
    done = world.run("dump", "line")
    assert done.code == 69
    assert done.out == ""


def test_callers_who_withhold_their_number_are_left_out_as_anonymous(
    world: World,
) -> None:
    live(world)
    for shown in ("+86282452253", "+266696687", "anonymous"):
        world.tell("dial-in", room="line", **{"from": shown})

    done = world.run("dump", "line")

    assert "guest-3" not in yaml.safe_load(done.out)["participants"]
    assert done.out.count(": anonymous: the call shows ") == 3
    world.write(done.out)
    assert world.run("plan", "--exit-code").code == 0
