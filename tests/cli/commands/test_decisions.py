"""A person's decisions: on record with who, heard by the loop, refused in a sentence."""

import json
import os
import pty
import pwd
import time
from pathlib import Path

import pytest

from tests.cli.conftest import LINE, PATIENCE, World
from tests.cli.daemon_process import daemon
from tests.waiting import until

BOB = '  bob: {to: "client:bob", muted: true}\n'
DAN = '  dan: {to: "+15551230004"}\n'
CARA = '  cara: {to: "sip:cara@example.com", hold: true}\n'


def converged(world: World, roster: str = LINE) -> None:
    world.converge(roster)


def withheld(world: World, removals: int = 1) -> None:
    """A room in which two removals are withheld."""
    limits = f"limits: {{removals: {removals}}}\n"
    converged(world, LINE + limits)
    world.write(LINE.replace(BOB, "").replace(DAN, "") + limits)
    assert world.run("sync").code == 4
    assert world.writes() == []


def kinds(world: World) -> list[str]:
    lines = world.run("events", "line", "--output", "json").out.splitlines()
    return [json.loads(each)["kind"] for each in lines]


def test_nothing_is_sent_about_a_paused_room_until_it_is_resumed(world: World) -> None:
    converged(world)
    world.tell("change", who="bob", muted=False)
    world.forget()

    paused = world.run("pause", "line")
    assert paused.code == 0
    assert "until it is resumed" in paused.out
    assert world.run("sync").code == 4
    assert world.writes() == []
    assert world.run("status", "--output", "json").data["rooms"][0]["state"] == "paused"

    assert world.run("resume", "line").code == 0
    assert world.run("sync").code == 0
    assert world.people()["bob"]["muted"] is True
    told = [each for each in kinds(world) if each.startswith("room.")]
    assert told == ["room.paused", "room.resumed"]


def test_a_pause_ends_by_itself(world: World) -> None:
    converged(world)
    world.tell("change", who="bob", muted=False)
    world.forget()

    done = world.run("pause", "line", "--for", "1s", "--output", "json")

    assert done.data["standing"] == "paused"
    until(lambda: time.time() >= done.data["until"])
    assert world.run("sync").code == 0
    assert world.people()["bob"]["muted"] is True


def test_who_decided_is_on_record_whatever_the_environment_says(world: World) -> None:
    converged(world)
    assert world.run("pause", "line", USER="olga", LOGNAME="olga").code == 0
    (told,) = [
        json.loads(each)
        for each in world.run(
            "events", "line", "--limit", "1", "--output", "json"
        ).out.splitlines()
    ]
    assert told["kind"] == "room.paused"
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert told["cause"].startswith(f"{user}@")


def test_the_reason_of_a_decision_is_on_record(world: World) -> None:
    converged(world)
    world.tell("hang-up", who="dan")
    asked = (
        ("pause", "line", "--for", "10m"),
        ("resume", "line"),
        ("redial", "line", "dan"),
        ("set", "line", "ann", "muted=true"),
        ("unset", "line", "ann"),
        ("release", "line"),
    )
    for words in asked:
        done = world.run(*words, "--reason", f"why {words[0]}")
        assert done.code == 0, done.err

    told = [
        json.loads(each)["message"]
        for each in world.run("events", "line", "--output", "json").out.splitlines()
    ]
    for words in asked:
        assert [each for each in told if f"why {words[0]}" in each], words
    assert "No changes are made for 600 s. Reason: why pause" in told
    assert world.run("pause", "line", "--reason", "  ").code == 64


def test_resuming_what_is_not_paused_says_so(world: World) -> None:
    converged(world)
    done = world.run("resume", "line")
    assert done.code == 0
    assert "is not paused" in done.out


def test_a_released_room_is_neither_paused_nor_resumed(world: World) -> None:
    converged(world)
    (world.folder / "desired" / "line.yaml").unlink()
    other = 'version: 1\nconference: other\nfrom: "+15550100001"\nparticipants: {}\n'
    world.write(other, "other.yaml")
    assert world.run("sync").code == 0
    for verb in ("pause", "resume", "approve"):
        done = world.run(verb, "line")
        assert done.code == 78
        assert "released" in done.err
        assert "reconciler sync" in done.err


def test_a_room_that_is_not_known_is_named(world: World) -> None:
    asked = (
        ("release", "nowhere"),
        ("forget", "nowhere", "--yes"),
        ("redial", "nowhere", "--all"),
        ("resolve", "nowhere", "--all", "--rung"),
        ("pause", "nowhere"),
        ("resume", "nowhere"),
        ("approve", "nowhere", "--yes"),
        ("redial", "nowhere", "ann"),
        ("resolve", "nowhere", "ann", "--rung"),
        ("events", "nowhere"),
        ("status", "nowhere"),
        ("explain", "nowhere", "ann"),
        ("dump", "nowhere"),
    )
    for loaded in (False, True):
        if loaded:
            converged(world)
        for words in asked:
            done = world.run(*words)
            assert done.code == 78, done.err
            assert "nowhere" in done.err
            assert "Traceback" not in done.err


def test_no_database_is_made_by_deciding_about_a_room_that_is_not_known(
    world: World,
) -> None:
    assert world.run("pause", "line").code == 78
    assert not list(world.folder.iterdir())


def test_a_label_that_is_not_known_is_named_with_those_that_are(world: World) -> None:
    converged(world)
    done = world.run("redial", "line", "zoe")
    assert done.code == 78
    assert "zoe" in done.err
    assert "ann" in done.err
    done = world.run("resolve", "line", "zoe", "--rung")
    assert done.code == 78


def test_decisions_tell_programs_what_they_tell_people(world: World) -> None:
    converged(world)
    world.tell("hang-up", who="dan")
    asked = world.run("redial", "line", "dan", "--output", "json")
    assert asked.data["decision"] == "redial"
    assert asked.data["label"] == "dan"
    resumed = world.run("resume", "line", "--output", "json").data
    assert (resumed["standing"], resumed["changed"]) == ("managed", False)


def test_an_approval_shows_what_it_lets_through_and_lets_through_that(
    world: World,
) -> None:
    withheld(world)

    done = world.run("approve", "line", "--yes", "--reason", "they are done")

    assert done.code == 0, done.err
    assert "bob: remove" in done.out
    assert "dan: remove" in done.out
    assert "Approved until" in done.out
    assert world.writes() == []
    synced = world.run("sync")
    assert synced.code == 0, synced.out
    assert sorted(world.people()) == ["ann", "cara", "sup"]
    assert "they are done (approved by " in world.run("events", "line").out


def test_an_approval_is_used_up(world: World) -> None:
    withheld(world)
    assert world.run("approve", "line", "--yes").code == 0
    assert world.run("sync").code == 0
    world.converge(LINE + "limits: {removals: 1}\n")
    world.write(LINE.replace(BOB, "").replace(DAN, "") + "limits: {removals: 1}\n")

    assert world.run("sync").code == 4

    assert len(world.people()) == 5


def test_an_approval_does_not_cover_whom_a_later_edit_dismisses(world: World) -> None:
    withheld(world)
    assert world.run("approve", "line", "--yes").code == 0
    fewer = LINE.replace(BOB, "").replace(DAN, "").replace(CARA, "")
    world.write(fewer + "limits: {removals: 1}\n")

    assert world.run("sync").code == 4

    assert len(world.people()) == 5


def test_an_approval_covers_what_is_left_of_what_it_approved(world: World) -> None:
    withheld(world, removals=0)
    assert world.run("approve", "line", "--yes").code == 0
    world.tell("hang-up", who="dan")

    assert world.run("sync").code == 0

    assert "bob" not in world.people()


def test_removals_that_were_withheld_are_not_done_when_the_rest_fits_the_limit(
    world: World,
) -> None:
    withheld(world)
    world.tell("hang-up", who="dan")

    for _again in range(2):
        done = world.run("sync")
        assert done.code == 4, done.out
        assert "limits.removals" in done.out
        path = world.folder / "desired" / "line.yaml"
        path.write_text(path.read_text() + "# a remark\n")
    assert "bob" in world.people()
    assert world.run("approve", "line", "--yes").code == 0
    assert world.run("sync").code == 0
    assert "bob" not in world.people()


def test_who_needs_a_redial_does_not_keep_the_rest_from_being_approved(
    world: World,
) -> None:
    limited = LINE + "limits: {removals: 1}\n"
    converged(world, limited)
    fewer = limited.replace(BOB, "").replace(DAN, "")
    world.write(fewer.replace("ann: {", "ann: {timeout: 33, "))
    assert world.run("sync").code == 4
    assert world.run("status", "line").code == 0

    done = world.run("approve", "line", "--yes")

    assert done.code == 0, done.err
    assert "2 removals" in done.out
    synced = world.run("sync")
    assert synced.code == 4
    assert "needs-redial" in synced.out
    assert sorted(world.people()) == ["ann", "cara", "sup"]
    nothing = world.run("approve", "line", "--yes")
    assert nothing.code == 4
    assert "can be approved in" not in nothing.out
    assert "can be approved without --redials" in nothing.out
    before = world.people()["ann"]
    redialed = world.run("approve", "line", "--yes", "--redials")
    assert redialed.code == 0, redialed.err
    assert "1 redial" in redialed.out
    assert world.run("sync").code == 0
    assert world.people()["ann"]["call_sid"] != before["call_sid"]


def test_an_approval_expires(world: World) -> None:
    withheld(world)
    done = world.run("approve", "line", "--yes", "--for", "1s", "--output", "json")
    assert done.code == 0, done.err
    assert [each["verb"] for each in done.data["actions"]] == ["remove", "remove"]
    until(lambda: time.time() > done.data["expires_at"])
    assert world.run("sync").code == 4
    assert len(world.people()) == 5


def test_rings_beyond_the_limit_are_approved_as_one_plan_at_the_accounts_pace(
    world: World,
) -> None:
    world.write(LINE + "limits: {rings: 2}\n")
    assert world.run("sync", "--no-wait").code == 4
    assert world.rings() == []

    assert world.run("approve", "line", "--yes").code == 0

    done = world.run("sync", RECONCILER_CALLS_PER_SECOND="2")
    assert done.code == 0, done.out
    assert sorted(world.rings()) == ["ann", "bob", "cara", "dan", "sup"]


def test_nothing_withheld_is_nothing_to_approve(world: World) -> None:
    converged(world)
    done = world.run("approve", "line", "--output", "json")
    assert done.code == 0
    assert done.data["approved"] is False
    assert "room.approved" not in kinds(world)


def test_nobody_at_the_keyboard_approves_nothing_without_saying_yes(
    world: World,
) -> None:
    withheld(world)
    done = world.run("approve", "line", stdin="yes\n")
    assert done.code == 64
    assert "--yes" in done.err
    assert world.run("sync").code == 4


@pytest.mark.parametrize(
    ("answer", "code", "people"), [("yes", 0, 3), ("y", 4, 5)], ids=["yes", "y"]
)
@pytest.mark.process
def test_somebody_at_the_keyboard_is_asked_for_the_word(
    world: World, answer: str, code: int, people: int
) -> None:
    withheld(world)

    assert at_keyboard(world, "approve", "line", answer=answer) == code

    world.run("sync")
    assert len(world.people()) == people


def at_keyboard(world: World, *words: str, answer: str) -> int:
    ours, theirs = pty.openpty()
    with Path(os.devnull).open("w") as nothing:
        files = (theirs, nothing.fileno(), nothing.fileno())
        process = world.forks().start(words, world.folder, world.env(), files)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    code = process.wait(PATIENCE)
    os.close(ours)
    return code


def test_a_paused_room_is_resumed_before_it_is_approved(world: World) -> None:
    withheld(world)
    assert world.run("pause", "line").code == 0
    done = world.run("approve", "line", "--yes")
    assert done.code == 78
    assert "reconciler resume line" in done.err


def test_an_approval_of_an_unknown_room_state_is_refused(world: World) -> None:
    withheld(world)
    fault = {"kind": "garbage", "method": "GET", "path": "*Participants*"}
    world.tell("faults", **fault, times=1000)
    done = world.run("approve", "line", "--yes")
    assert done.code == 69
    assert "room.approved" not in kinds(world)


@pytest.mark.long
@pytest.mark.process
def test_a_running_daemon_hears_every_decision_at_once(world: World) -> None:
    world.write(LINE + "limits: {removals: 1}\n")
    with daemon(world, "--resync", "10m"):
        until(lambda: len(world.people()) == 5 and "sup" in world.people())
        until(lambda: world.run("status", "--exit-code").code == 0)
        world.tell("hang-up", who="dan")
        assert world.run("redial", "line", "dan").code == 0
        until(lambda: "dan" in world.people())

        assert world.run("pause", "line").code == 0
        world.tell("change", who="ann", muted=True)
        assert world.run("resume", "line").code == 0
        until(lambda: not world.people()["ann"]["muted"])

        assert world.run("pause", "line", "--for", "2s").code == 0
        world.tell("change", who="ann", muted=True)
        until(lambda: not world.people()["ann"]["muted"])

        fewer = LINE.replace(BOB, "").replace(DAN, "")
        world.write(fewer + "limits: {removals: 1}\n")
        until(lambda: "withheld.limits.removals" in kinds(world))
        assert len(world.people()) == 5
        assert world.run("approve", "line", "--yes").code == 0
        until(lambda: sorted(world.people()) == ["ann", "cara", "sup"])
