"""Redial and resolve: truthful about who is in, who is called, and what is in the way."""

import asyncio
import json
import re
from typing import Any

from tests.cli.conftest import World
from tests.store.test_migrations import run_sql

PAIR = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001"}
  bob: {to: "+15551230002"}
"""


def converged(world: World, roster: str = PAIR) -> None:
    world.write(roster)
    done = world.run("sync")
    assert done.code == 0, done.err
    world.forget()


def hang_up(world: World, *labels: str) -> None:
    for label in labels:
        world.tell("hang-up", who=label)


def answers(text: str) -> dict[str, Any]:
    lines = [json.loads(each) for each in text.splitlines()]
    return {each["label"]: each for each in lines}


def test_a_redial_of_somebody_who_is_in_is_answered_so_and_rings_nobody_later(
    world: World,
) -> None:
    converged(world)
    done = world.run("redial", "line", "ann")
    assert (done.code, done.out) == (0, "ann is connected; nothing to do.\n")
    hang_up(world, "ann")
    assert world.run("sync").code == 0
    assert world.creates() == []


def test_an_address_that_was_edited_and_put_back_rings_nobody_later(
    world: World,
) -> None:
    converged(world)
    world.write(PAIR.replace("+15551230001", "+15551230009"))
    assert world.run("sync").code == 4
    world.write(PAIR)
    assert world.run("sync").code == 0
    hang_up(world, "ann")
    assert world.run("sync").code == 0
    assert world.creates() == []


def test_a_line_that_is_put_back_after_the_person_hung_up_rings_nobody(
    world: World,
) -> None:
    converged(world)
    hang_up(world, "ann")
    assert world.run("sync").code == 0
    world.write(PAIR.replace('  ann: {to: "+15551230001"}\n', ""))
    assert world.run("sync").code == 0
    world.write(PAIR)
    planned = world.run("plan", "--exit-code")
    assert (planned.code, "[ring]" in planned.out) == (0, False), planned.out
    assert world.run("sync").code == 0
    assert world.creates() == []
    assert "redial line ann" in world.run("explain", "line", "ann").out


def test_a_redial_of_somebody_whose_phone_rings_is_answered_so(world: World) -> None:
    world.tell("people", address="+15551230001", answers_after=600)
    world.write(PAIR)
    assert world.run("sync", "--no-wait").code == 3
    done = world.run("redial", "line", "ann")
    assert (done.code, done.out) == (0, "ann is being called; nothing to do.\n")


def test_whoever_left_is_called_again_by_name_or_all_at_once(world: World) -> None:
    converged(world)
    hang_up(world, "ann", "bob")
    left = world.run("redial", "line", "--left", "--output", "json")
    assert {label: x["requested"] for label, x in answers(left.out).items()} == {
        "ann": True,
        "bob": True,
    }
    assert world.run("sync").code == 0
    assert sorted(world.creates()) == ["ann", "bob"]
    hang_up(world, "ann")
    done = world.run("redial", "line", "ann", "bob")
    assert done.out.splitlines() == [
        "Redial requested for ann. The daemon or the next sync will place the call.",
        "bob is connected; nothing to do.",
    ]
    everybody = world.run("redial", "line", "--all", "--output", "json")
    assert list(answers(everybody.out)) == ["ann"]


def test_only_whoever_was_not_reached_is_called_again_by_failed(world: World) -> None:
    world.tell("people", address="+15551230001", busy=True)
    world.write(PAIR + "redial: {attempts: 1}\n")
    assert world.run("sync").code == 4
    shown = world.run("status").out
    assert "reconciler redial line ann" in shown
    done = world.run("redial", "line", "--failed", "--output", "json")
    assert list(answers(done.out)) == ["ann"]
    assert world.run("redial", "line", "--left").out == (
        "Nobody in line has left; nothing to do.\n"
    )


def test_a_redial_takes_labels_or_one_kind(world: World) -> None:
    converged(world)
    for words in ((), ("ann", "--all"), ("--left", "--failed")):
        done = world.run("redial", "line", *words)
        assert done.code == 64
        assert "--failed" in done.err


def test_a_redial_says_what_keeps_the_call_back(world: World) -> None:
    converged(world)
    hang_up(world, "ann", "bob")
    assert world.run("pause", "line").code == 0
    done = world.run("redial", "line", "ann")
    assert done.code == 4
    assert "reconciler resume line" in done.out
    assert world.run("resume", "line").code == 0
    world.write(PAIR + "limits: {rings: 0}\n")
    assert world.run("sync").code == 4
    done = world.run("redial", "line", "bob")
    assert done.code == 4
    assert "limits.rings" in done.out


def test_a_redial_in_a_room_that_is_declared_ended_says_so(world: World) -> None:
    converged(world)
    world.write(PAIR + "state: ended\n")
    assert world.run("sync").code == 0
    done = world.run("redial", "line", "ann")
    assert done.code == 4
    assert "state: ended" in done.out


def test_a_redial_of_a_phone_that_two_members_share_says_what_keeps_it_back(
    world: World,
) -> None:
    world.write(PAIR.replace("+15551230002", "+15551230001"))
    world.tell("dial-in", room="line", **{"from": "+15551230001"})
    assert world.run("sync", "--timeout", "5s").code == 4
    done = world.run("redial", "line", "bob")
    assert done.code == 4
    assert "may be any of ann, bob" in done.out
    assert "Not called yet: call CA" in done.out


def test_a_redial_without_credentials_says_that_twilio_could_not_be_asked(
    world: World,
) -> None:
    converged(world)
    done = world.run("redial", "line", "ann", TWILIO_AUTH_TOKEN="")
    assert done.code == 0
    assert "Twilio could not be reached" in done.out


def test_a_ring_that_may_have_reached_the_phone_is_decided_first(world: World) -> None:
    lost(world)
    done = world.run("redial", "line", "ann")
    assert done.code == 4
    assert "reconciler resolve line ann --rung" in done.out
    done = world.run("resolve", "line", "--all", "--not-rung")
    assert done.code == 0, done.err
    assert "Resolved ann in line" in done.out
    assert world.run("sync").code == 0
    assert "ann" in world.people()


def test_a_create_that_is_still_looked_for_is_not_resolved(world: World) -> None:
    lost(world)
    age(world, -20)
    one = world.run("resolve", "line", "ann", "--rung")
    assert one.code == 78
    assert "no call of 'ann' in 'line' waits for a decision: ann is being" in one.err
    every = world.run("resolve", "line", "--all", "--not-rung")
    assert every.out == "No call in line waits for a decision.\n"
    age(world, 20)
    assert world.run("resolve", "line", "ann", "--rung").code == 0


def test_a_resolved_call_is_not_promised_where_nobody_will_be_called(
    world: World,
) -> None:
    lost(world)
    assert world.run("pause", "line").code == 0
    done = world.run("resolve", "line", "ann", "--not-rung")
    assert "not called while the room is paused" in done.out
    assert "reconciler resume line" in done.out


def test_a_resolved_call_of_somebody_who_left_the_roster_says_so(world: World) -> None:
    lost(world)
    world.write(re.sub(r"(?m)^  ann: .*\n", "", PAIR))
    world.run("sync", "--no-wait")
    done = world.run("resolve", "line", "ann", "--not-rung")
    assert "not called again: the roster does not list ann" in done.out
    assert "will place the call" not in done.out


def test_a_resolved_call_in_a_released_room_says_how_to_take_it_back(
    world: World,
) -> None:
    lost(world)
    assert world.run("release", "line").code == 0
    done = world.run("resolve", "line", "ann", "--not-rung")
    assert "the room is released" in done.out
    assert "reconciler resume line" in done.out


def test_a_redial_with_refused_credentials_exits_like_every_other_command(
    world: World,
) -> None:
    converged(world)
    done = world.run("redial", "line", "ann", TWILIO_AUTH_TOKEN="0" * 32)
    assert done.code == 77
    assert "token or key is wrong" in done.out


def lost(world: World) -> None:
    """Ann's create was lost, more than half a minute ago."""
    world.write(PAIR)
    world.tell("faults", kind="503", method="POST", path="*Participants*", times=1)
    assert world.run("sync", "--no-wait").code != 0
    age(world, 40)


def age(world: World, seconds: int) -> None:
    """Let every open attempt be older than it is."""
    write(world, f"UPDATE attempts SET created_at = created_at - {seconds}")  # noqa: S608 - a number


def write(world: World, statement: str) -> None:
    asyncio.run(run_sql(f"sqlite:///{world.folder / 'reconciler.db'}", statement))


def test_a_call_without_a_record_is_resolved(world: World) -> None:
    converged(world)
    forget_calls(world)
    age(world, 90)
    done = world.run("sync", "--timeout", "5s")
    assert done.code == 4
    assert "reconciler resolve line ann --rung" in world.run("status").out
    one = world.run("resolve", "line", "ann", "--rung")
    assert one.code == 0, one.err
    rest = world.run("resolve", "line", "--all", "--not-rung")
    assert "Resolved bob in line" in rest.out
    assert world.run("sync").code == 0
    assert world.creates() == ["bob"]


def test_a_call_without_a_record_counts_as_ended_after_minutes(world: World) -> None:
    converged(world)
    forget_calls(world)
    age(world, 300)
    for looks in range(1, 4):
        assert world.run("sync").code == 4
        assert "everybody has left" not in world.run("status").out
        remember_looks(world, looks)
    assert world.run("sync").code == 4
    shown = world.run("status")
    assert "everybody has left" in shown.out
    assert "reconciler redial line --left" in shown.out
    assert world.run("redial", "line", "--left").code == 0
    assert world.run("sync").code == 0
    assert sorted(world.creates()) == ["ann", "bob"]


def remember_looks(world: World, looks: int) -> None:
    """The looks without a record that agree so far were half a minute ago."""
    value = f"json_quote('{looks} ' || (strftime('%s', 'now') - 30))"
    where = "name = 'without_record'"
    write(world, f"UPDATE call_fields SET value = {value} WHERE {where}")  # noqa: S608 - a number


def forget_calls(world: World) -> None:
    """The calls on record become some that Twilio has never heard of."""
    sid = "'CA' || lower(substr(hex(randomblob(16)), 1, 32))"
    write(world, f"UPDATE attempts SET call_sid = {sid}")  # noqa: S608 - a constant
    hang_up(world, "ann", "bob")


def test_a_call_that_twilio_knows_is_not_resolved(world: World) -> None:
    converged(world)
    done = world.run("resolve", "line", "ann", "--not-rung")
    assert done.code == 78
    assert "ann is connected" in done.err
    assert world.run("resolve", "line", "--all", "--rung").out == (
        "No call in line waits for a decision.\n"
    )


def test_a_lost_call_of_somebody_who_left_the_roster_names_its_command(
    world: World,
) -> None:
    lost(world)
    world.write(re.sub(r"(?m)^  ann: .*\n", "", PAIR))
    world.run("sync", "--no-wait")

    shown = world.run("status")
    (room,) = world.run("status", "--output", "json").data["rooms"]

    (reason,) = (x["reason"] for x in room["waiting"] if x["label"] == "ann")
    assert "reconciler resolve line ann --rung" in reason
    assert f"ann (not in the roster): {reason}" in shown.out
