"""``reconciler sync`` and its neighbors, from outside."""

import json
import signal
import sqlite3

import pytest
from twilio.rest import Client

from reconciler.simulator.exchange.exchange import Exchange
from tests.cli.conftest import LINE, SID, TOKEN, World
from tests.cli.sdk import ToLoopback
from tests.waiting import until


@pytest.mark.process
def test_five_people_end_as_declared_and_a_second_sync_sends_nothing(
    world: World,
) -> None:
    world.write(LINE)

    first = world.process("sync")

    assert first.code == 0, first.err
    sdk = Client(SID, TOKEN, http_client=ToLoopback(world.url))
    room = sdk.conferences.list(friendly_name="line", status="in-progress")[0]
    people = {each.label: each for each in room.participants.list()}
    assert {label for label, each in people.items() if each.muted} == {"bob"}
    assert {label for label, each in people.items() if each.hold} == {"cara"}
    assert people["sup"].coaching
    assert people["sup"].call_sid_to_coach == people["ann"].call_sid
    assert all(each.status == "connected" for each in people.values())

    world.forget()
    second = world.process("sync", "--output", "json")

    assert second.code == 0
    assert second.data["converged"] is True
    assert second.data["summary"] == {
        "ring": 0,
        "change": 0,
        "remove": 0,
        "withheld": 0,
        "waiting": 0,
    }
    assert world.writes() == []
    reads = world.state()["reads"]
    assert sum(reads[name] for name in reads if "Participants" in name) == 1


def test_a_plan_shows_what_somebody_changed_by_hand_and_writes_nothing(
    world: World,
) -> None:
    world.write(LINE)
    before = world.run("plan", "--exit-code")
    assert before.code == 2
    assert not list(world.folder.glob("*.db*"))
    assert world.run("sync").code == 0
    assert world.run("plan", "--exit-code").code == 0
    world.tell("change", who="bob", muted=False)
    world.forget()

    after = world.run("plan", "--exit-code", "--output", "json")

    assert after.code == 2
    [action] = after.data["rooms"][0]["actions"]
    assert action["verb"] == "change"
    assert action["label"] == "bob"
    assert action["fields"] == {"muted": {"from": False, "to": True}}
    assert action["harm"] == "silence"
    assert world.writes() == []


def test_a_dismissed_person_is_dropped_once_and_a_stranger_stays(world: World) -> None:
    world.converge()
    world.tell("dial-in", room="line", **{"from": "+15559990000"})
    world.write(LINE.replace('  dan: {to: "+15551230004"}\n', ""))
    world.forget()

    assert world.run("sync").code == 0

    deletes = [each for each in world.writes() if each["method"] == "DELETE"]
    assert len(deletes) == 1
    assert "dan" not in world.people()
    assert len(world.people()) == 5
    world.forget()
    assert world.run("sync").code == 0
    assert world.writes() == []


def test_a_deleted_file_drops_nobody(world: World) -> None:
    path = world.write(LINE)
    world.write(LINE.replace("conference: line", "conference: other"), "other.yaml")
    assert world.run("sync").code == 0
    path.unlink()
    world.forget()

    done = world.run("sync")

    assert done.code == 0
    assert "Released, nobody hung up: line" in done.out
    assert len(world.people("line")) == 5
    assert world.writes() == []


def test_an_emptied_roster_is_withheld_until_a_person_says_so(world: World) -> None:
    world.converge()
    head = LINE.partition("participants:")[0]
    world.write(head + "participants: {}\n")

    withheld = world.run("sync", "--output", "json")

    assert withheld.code == 4
    assert {each["guard"] for each in withheld.data["rooms"][0]["withheld"]} == {
        "emptied-roster"
    }
    assert len(world.people()) == 5

    forced = world.run("sync", "--force", "the meeting is over")

    assert forced.code == 0, forced.err
    assert world.people() == {}
    events = world.run("events", "line").out
    assert "forced: the meeting is over" in events


def test_more_removals_than_allowed_remove_nobody(world: World) -> None:
    world.converge(LINE + "limits: {removals: 1}\n")
    fewer = LINE.replace('  dan: {to: "+15551230004"}\n', "")
    fewer = fewer.replace('  bob: {to: "client:bob", muted: true}\n', "")
    world.write(fewer + "limits: {removals: 1}\n")

    done = world.run("sync")

    assert done.code == 4
    assert "limits.removals" in done.out
    assert len(world.people()) == 5


def test_a_room_declared_ended_is_closed(world: World) -> None:
    world.converge()
    world.write(LINE + "state: ended\n")
    held = world.run("sync")
    assert held.code == 4
    assert "To end the room: reconciler approve line" in held.out
    assert len(world.people()) == 5
    assert world.run("approve", "line", "--yes").code == 0

    assert world.run("sync").code == 0

    assert world.people() == {}


def test_status_shows_desired_beside_observed(world: World) -> None:
    world.converge()
    world.tell("dial-in", room="line", **{"from": "+15559990000"})
    world.tell("change", who="bob", muted=False)

    room = world.run("status", "--output", "json").data["rooms"][0]

    members = {each["label"]: each for each in room["members"]}
    assert room["state"] == "converging"
    assert members["bob"]["in_sync"] is False
    assert members["bob"]["desired"]["muted"] is True
    assert members["bob"]["observed"]["muted"] is False
    assert members["sup"]["observed"]["coaching_label"] == "ann"
    assert [each["label"] for each in room["unlisted"]] == [None]
    assert world.run("status", "--exit-code").code == 2
    assert world.run("status", "nowhere").code == 78


def test_somebody_who_hung_up_has_left_and_is_not_rung(world: World) -> None:
    world.converge()
    world.tell("hang-up", who="dan")
    world.forget()

    done = world.run("sync")

    assert done.code == 0
    assert world.rings() == []
    phases = {
        each["label"]: each["phase"]
        for each in world.run("status", "--output", "json").data["rooms"][0]["members"]
    }
    assert phases["dan"] == "left"


def test_somebody_who_dials_in_before_being_rung_is_not_rung(world: World) -> None:
    world.write(LINE)
    world.tell("dial-in", room="line", **{"from": "+15551230004"})

    assert world.run("sync").code == 0

    assert sorted(world.rings()) == ["ann", "bob", "cara", "sup"]


@pytest.mark.process
def test_interrupting_leaves_everybody_in_and_says_who_is_under_way(
    world: World,
) -> None:
    world.write(LINE)
    world.tell("people", address="+15551230004", answers_after="1h")
    process = world.start("sync")
    assert process.stderr is not None
    for line in process.stderr:
        if "dan: ringing" in line:
            break
    process.send_signal(signal.SIGINT)

    out, _ = process.communicate()

    assert process.returncode == 130
    assert "nobody was hung up" in out
    assert "dan" in out
    assert world.rings().count("dan") == 1


@pytest.mark.process
def test_a_room_held_by_another_process_is_not_waited_for_without_a_wait(
    world: World,
) -> None:
    world.write(LINE)
    world.tell(
        "faults", kind="hang", seconds=30, method="POST", path="*/Participants.json"
    )
    first = world.start("sync")
    until(lambda: world.creates() or first.poll() is not None)
    assert first.poll() is None

    second = world.process("sync", "--no-wait")

    assert second.code == 75
    assert "locked by another process" in second.err
    first.kill()
    first.communicate()


@pytest.mark.process
def test_two_syncs_at_once_ring_each_phone_once(world: World) -> None:
    world.write(LINE)

    processes = [world.start("sync") for _ in range(2)]
    for process in processes:
        process.communicate()

    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(world.rings()) == ["ann", "bob", "cara", "dan", "sup"]


def test_nothing_secret_reaches_sql_or_output(world: World, exchange: Exchange) -> None:
    world.write(
        LINE.replace(
            'cara: {to: "sip:cara@example.com"',
            'cara: {to: "sip:cara@example.com", sip_auth_username: cara, '
            "sip_auth_password: '${ROSTER_CARA}'",
        )
    )

    done = world.run("sync", "--output", "json", ROSTER_CARA="s3cr3t-word")
    shown = world.run("events", ROSTER_CARA="s3cr3t-word")

    assert done.code == 0, done.err
    passwords = [
        dict(each.form).get("SipAuthPassword") for each in exchange.history.writes
    ]
    assert ("s3cr3t-word",) in passwords
    with sqlite3.connect(world.folder / "reconciler.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    for text in (dump, done.out, done.err, shown.out):
        assert "s3cr3t-word" not in text
    for text in (done.out, done.err, shown.out):
        assert "+15551230001" not in text


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_options_go_before_or_after_the_verb(world: World, before: bool) -> None:
    world.write(LINE)
    words = ["plan"]
    option = ["--output", "json", "--database-url", "sqlite:///elsewhere.db"]

    done = world.run(*(option + words if before else words + option))

    assert json.loads(done.out)["format_version"] == "1"
