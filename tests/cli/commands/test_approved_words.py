"""An approval counts until it is used up: whatever is saved or said about others."""

import json
import os
from collections.abc import Callable

import pytest

from tests.cli.commands.test_decisions import BOB, DAN, withheld
from tests.cli.conftest import LINE, World

FEWER = LINE.replace(BOB, "").replace(DAN, "") + "limits: {removals: 1}\n"
MUTE_ANN = ("set", "line", "ann", "muted=true", "--for", "5m")


def touch(world: World) -> None:
    os.utime(world.folder / "desired" / "line.yaml")


def comment(world: World) -> None:
    world.write(FEWER + "# a remark\n")


def notify(world: World) -> None:
    world.write(FEWER + "notify: [left]\n")


def mute(world: World) -> None:
    assert world.run(*MUTE_ANN).code == 0


UNRELATED = [touch, comment, notify, mute]


@pytest.mark.parametrize("does", UNRELATED)
def test_an_approval_outlives_what_is_not_about_whom_it_approved(
    world: World, does: Callable[[World], None]
) -> None:
    withheld(world)
    assert world.run("approve", "line", "--yes").code == 0
    does(world)
    done = world.run("sync", RECONCILER_QUIET="1s")
    assert done.code == 0, done.out
    assert sorted(world.people()) == ["ann", "cara", "sup"]


@pytest.mark.parametrize("does", UNRELATED)
def test_an_end_outlives_what_is_saved_or_said_before_it_is_carried_out(
    world: World, does: Callable[[World], None]
) -> None:
    world.converge(FEWER)
    assert world.run("end", "line", "--yes").code == 0
    does(world)
    done = world.run("sync", RECONCILER_QUIET="1s")
    assert done.code == 0, done.out
    assert world.people() == {}


def test_approved_redials_outlive_an_override_and_a_touched_file(world: World) -> None:
    world.converge(LINE)
    world.write(LINE.replace("to: ", "timeout: 33, to: ", 2))
    assert world.run("sync", RECONCILER_QUIET="1s").code == 4
    before = world.people()["ann"]["call_sid"]
    done = world.run("approve", "line", "--redials", "--yes")
    assert done.code == 0, done.err
    listed = done.out.partition("would be carried out (2 redials)")[2]
    assert "ann: remove" in listed
    assert "bob: remove" in listed
    mute(world)
    touch(world)
    synced = world.run("sync", RECONCILER_QUIET="1s")
    assert synced.code == 0, synced.out
    assert world.people()["ann"]["call_sid"] != before


def test_whom_the_file_declares_again_the_approval_covers_no_longer(
    world: World,
) -> None:
    withheld(world)
    assert world.run("approve", "line", "--yes").code == 0
    world.write(LINE.replace(DAN, "") + "limits: {removals: 0}\n")
    done = world.run("sync")
    assert done.code == 0, done.out
    assert sorted(world.people()) == ["ann", "bob", "cara", "sup"]
    world.write(FEWER)
    assert world.run("sync").code == 0
    told = [
        json.loads(x)
        for x in world.run("events", "line", "--output", "json").out.splitlines()
    ]
    (void,) = [x for x in told if x["kind"] == "room.approval-voided"]
    assert void["message"].startswith("bob is declared again: part of the approval")


def test_status_says_that_an_approval_counts_no_longer(world: World) -> None:
    withheld(world, removals=0)
    assert world.run("approve", "line", "--yes").code == 0
    world.write(LINE + "limits: {removals: 0}\n")
    assert world.run("sync", "--no-wait").code == 0
    fewer = LINE.replace(BOB, "").replace(DAN, "") + "limits: {removals: 0}\n"
    world.write(fewer)
    assert world.run("sync").code == 4
    assert "bob" in world.people()
    said = world.run("status", "line").out
    assert "the approval by" in said
    assert "bob is declared again, dan is declared again" in said


def test_what_waits_for_the_quiet_file_can_be_approved_by_then(world: World) -> None:
    world.converge(LINE + "limits: {removals: 1}\n")
    world.write(FEWER)
    waits = world.run("sync", "--timeout", "1s", RECONCILER_QUIET="10m")
    assert waits.code == 3, waits.out
    done = world.run("approve", "line", "--yes")
    assert "2 removals" in done.out
    assert world.run("sync").code == 0
    assert sorted(world.people()) == ["ann", "cara", "sup"]
