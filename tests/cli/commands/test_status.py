"""What status says of recorded observations: their age, who hears whom, how ready."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from reconciler.model.recorded_observation import RoomCheck
from reconciler.store.opening import open_store
from tests.cli.conftest import World
from tests.cli.daemon_process import daemon
from tests.waiting import until


def recheck(world: World, next_in: float | None) -> None:
    """A daemon observed the room just now, and will again."""

    async def work() -> None:
        url = f"sqlite:///{world.folder / 'reconciler.db'}"
        async with await open_store(url, create=False) as store:
            check = (await store.checks())["line"]
            now = time.time()
            next_at = None if next_in is None else now + next_in
            await store.record_checks([replace(check, checked_at=now, next_at=next_at)])

    asyncio.run(work())


def listings(world: World) -> int:
    return len(world.exchange.history.reads)


def test_sync_records_what_it_saw_and_status_shows_it_without_twilio(
    world: World,
) -> None:
    world.converge()
    reads = listings(world)

    shown = world.run("status", "--recorded", TWILIO_AUTH_TOKEN="")

    assert shown.code == 0, shown.err
    assert "converged" in shown.out
    assert "no daemon observes it. To ask Twilio: reconciler status line --live" in (
        shown.out
    )
    assert listings(world) == reads
    data = world.run("status", "--recorded", "--output", "json").data
    (room,) = data["rooms"]
    assert room["source"] == "database"
    assert room["seen_at_rfc3339"].endswith("Z")
    assert [x["phase"] for x in room["members"]] == ["connected"] * 5


def test_a_room_that_a_daemon_observes_is_read_from_the_database(world: World) -> None:
    world.converge()
    recheck(world, 60.0)
    reads = listings(world)

    shown = world.run("status")

    assert shown.code == 0, shown.err
    assert "; seen 0 s ago" in shown.out or "; seen 1 s ago" in shown.out
    assert "no daemon" not in shown.out
    assert listings(world) == reads
    live = world.run("status", "--live", "--output", "json").data["rooms"][0]
    assert live["source"] == "twilio"
    assert listings(world) > reads


def test_a_room_that_nobody_observes_any_longer_is_read_from_twilio(
    world: World,
) -> None:
    world.converge()
    recheck(world, -1.0)
    reads = listings(world)
    assert world.run("status", "--output", "json").data["rooms"][0]["source"] == (
        "twilio"
    )
    assert listings(world) > reads


def test_a_room_that_was_never_observed_is_unknown_with_the_command(
    world: World,
) -> None:
    world.converge()

    async def work() -> None:
        url = f"sqlite:///{world.folder / 'reconciler.db'}"
        async with await open_store(url, create=False) as store:
            await store.record_checks([RoomCheck("other", 0.0, None, 1, "converged")])

    asyncio.run(work())
    world.write(world_without_people("quiet"), "quiet.yaml")
    world.run("sync", "--timeout", "0")
    shown = world.run("status", "quiet", "--recorded")
    assert shown.code == 69
    assert "To ask Twilio: reconciler status --live" in shown.out


def world_without_people(room: str) -> str:
    return (
        f'version: 1\nconference: {room}\nfrom: "+15550100001"\n'
        "participants:\n  zoe: {to: client:zoe}\n"
    )


def test_conditions_are_those_of_kstatus(world: World) -> None:
    world.converge()
    data = world.run("status", "--output", "json").data
    status = data["rooms"][0]["status"]
    assert status["observed_generation"] == data["rooms"][0]["generation"]
    assert {x["type"]: x["status"] for x in status["conditions"]} == {
        "Ready": "True",
        "Reconciling": "False",
        "Stalled": "False",
    }


def test_the_matrix_says_who_hears_whom(world: World) -> None:
    world.converge()

    shown = world.run("status", "--audibility")

    rows = {
        words[0]: words[1:]
        for line in shown.out.splitlines()
        if len(words := line.split()) == 6
    }
    assert rows["ann"] == [".", "yes", "-", "yes", "yes"]
    assert rows["bob"] == ["-", ".", "-", "-", "-"]
    assert rows["cara"] == ["-", "-", ".", "-", "-"]
    assert rows["dan"] == ["yes", "yes", "-", "yes", "."]
    data = world.run("status", "--audibility", "--output", "json").data
    heard = {x["label"]: x["heard_by"] for x in data["rooms"][0]["audibility"]}
    assert heard["ann"] == ["bob", "sup", "dan"]


def test_recorded_and_live_are_not_asked_for_at_once(world: World) -> None:
    assert world.run("status", "--live", "--recorded").code == 64


def test_plan_says_who_will_be_heard_by_whom(world: World) -> None:
    world.converge()
    world.tell("change", who="ann", muted="true")
    world.forget()

    shown = world.run("plan")

    assert "> after this, ann is heard by bob, sup and dan" in shown.out
    data = world.run("plan", "--output", "json").data["rooms"][0]
    assert data["audibility_after"] == [
        {"label": "ann", "heard_by": ["bob", "sup", "dan"]}
    ]
    assert data["ended_with"] == []


def test_explain_says_who_hears_somebody(world: World) -> None:
    world.converge()
    assert (
        "audible: heard by bob, sup and dan" in world.run("explain", "line", "ann").out
    )
    assert "audible: heard by nobody" in world.run("explain", "line", "bob").out
    data = world.run("explain", "line", "ann", "--output", "json").data
    assert (data["heard_by"], data["ended_with"]) == (["bob", "sup", "dan"], 0)


def test_exposure_says_who_was_heard_while_declared_muted(world: World) -> None:
    world.converge()
    quiet = world.run("exposure", "line")
    assert "nobody was audible beyond what is declared" in quiet.out, quiet.err
    world.tell("change", who="client:bob", muted="false")
    assert world.run("sync").code == 0

    shown = world.run("exposure", "line", "--since", "1h", TWILIO_AUTH_TOKEN="")

    assert "bob was audible for " in shown.out, shown.out
    assert " while declared muted: " in shown.out
    assert " until seen" in shown.out
    data = world.run("exposure", "line", "--output", "json").data
    bob = data["people"][0]
    assert bob["label"] == "bob"
    assert set(bob["causes"]) == {"until-seen", "until-corrected"}
    total = sum(bob["causes"].values())
    assert bob["overheard_seconds"] == pytest.approx(total, abs=0.01)
    assert "ann was audible for" in world.run("exposure", "line", "--all").out
    assert world.run("exposure", "nowhere").code == 78


def test_what_was_heard_in_a_paused_room_has_the_pause_as_its_cause(
    world: World,
) -> None:
    world.converge()
    assert world.run("pause", "line").code == 0
    world.tell("change", who="client:bob", muted="false")
    assert world.run("resume", "line").code == 0
    assert world.run("sync").code == 0

    shown = world.run("exposure", "line")

    assert " while the room was paused" in shown.out, shown.out


@pytest.mark.process
def test_a_daemon_keeps_the_recorded_observation_fresh_until_it_ends(
    world: World,
) -> None:
    world.converge()

    def source() -> str:
        data = world.run("status", "--output", "json").data
        found: str = data["rooms"][0]["source"]
        return found

    with daemon(world, "--resync", "1s") as process:
        until(lambda: source() == "database", every=0.5)
        world.tell("change", who="client:bob", muted="false")

        def corrected() -> bool:
            data = world.run("exposure", "line", "--output", "json").data
            causes = data["people"][0]["causes"]
            return {"until-seen", "until-corrected"} <= set(causes)

        until(corrected, every=0.5)
        assert process.end() == 0
    assert source() == "twilio"
