"""Nothing is done to people on a look, a roster or a standing that is old."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.ports import SEND_WITHIN_SECONDS
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.freshness import (
    CHANGED,
    CHECKED_SECONDS,
    MAX_OBSERVATION_AGE_SECONDS,
    UNMANAGED,
    CheckedVersion,
    Freshness,
)
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.model.declaration import Declaration, ScheduleEntry
from reconciler.model.roster import Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning.order import Step
from reconciler.planning.plan import Plan
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.store.queries.operator_decision import Decision
from tests.engine.hearing import beside
from tests.engine.world import Daemon, World, member, run

ROOM = "alpha"
ANN = member("ann", muted=True)
BOB = member("bob", muted=False)
CARA = member("cara")
BEFORE = Roster(ROOM, (ANN, BOB, CARA))
AFTER = Roster(ROOM, (replace(ANN, muted=False), replace(BOB, muted=True)))
"""Bob is muted, and only then is cara removed and ann unmuted."""

SLOW = 0.4
SOON = 0.2
"""A request that takes so long, and something that happens before it is answered."""


async def ready(world: World, daemon: Daemon, roster: Roster) -> None:
    """Everybody is in; muting bob will take long; *roster* is declared."""
    await asyncio.sleep(90)
    slow = Fault(FaultKind.SLOW, "POST", "*/Participants/*", seconds=SLOW, who="bob")
    world.exchange.faults.add(slow)
    daemon.wire.requests.clear()
    await declare(world, daemon, roster)


async def declare(world: World, daemon: Daemon, roster: Roster) -> None:
    await world.declare(roster)
    daemon.controller.mark(ROOM, Priority.PERSON)


async def pause(world: World) -> None:
    now = world.loop.time()
    await world.store.stand(Decision(ROOM, now, "a person"), Standing.PAUSED)


def test_a_mute_that_is_declared_meanwhile_keeps_its_person_silent() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        async with world.daemon() as daemon:
            await ready(world, daemon, AFTER)
            await asyncio.sleep(SOON + 0.15)
            assert len(daemon.wire.writes()) == 1
            assert not world.legs(ROOM)["bob"].muted
            await declare(
                world, daemon, replace(AFTER, members=(ANN, AFTER.members[1]))
            )
            await asyncio.sleep(30)
            assert world.legs(ROOM)["ann"].muted
            assert not any(
                each.label == "ann" and each.at > world.loop.time() - 40
                for each in world.exchange.history.exposures
            )

    run(story)


def test_a_dismissal_that_is_undone_meanwhile_cuts_nobody_off() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        async with world.daemon() as daemon:
            await ready(world, daemon, AFTER)
            await asyncio.sleep(SOON + 0.15)
            assert len(daemon.wire.writes()) == 1
            assert not world.legs(ROOM)["bob"].muted
            await declare(world, daemon, replace(AFTER, members=(*AFTER.members, CARA)))
            await asyncio.sleep(30)
            assert "cara" in world.legs(ROOM)
            assert not [e for e in daemon.wire.writes() if e[1] == "DELETE"]

    run(story)


def test_after_a_pause_not_even_a_silence_leaves() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        async with world.daemon() as daemon:
            held = replace(AFTER, members=(*AFTER.members, replace(CARA, hold=True)))
            slow = Fault(FaultKind.SLOW, "POST", "*/Participants/*", seconds=SLOW)
            await asyncio.sleep(90)
            world.exchange.faults.add(replace(slow, who="cara"))
            daemon.wire.requests.clear()
            await declare(world, daemon, held)
            await asyncio.sleep(SOON + 0.15)
            assert len(daemon.wire.writes()) == 1
            await pause(world)
            await asyncio.sleep(60)
            assert len(daemon.wire.writes()) == 1
            assert not world.legs(ROOM)["bob"].muted

    run(story)


def test_after_a_pause_no_more_phones_are_rung() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        async with world.daemon(calls_per_second=1.0) as daemon:
            await asyncio.sleep(90)
            daemon.wire.requests.clear()
            await declare(world, daemon, beside(BEFORE, 12))
            await asyncio.sleep(4.2)
            sent = len(daemon.wire.writes())
            assert 3 <= sent <= 6
            await pause(world)
            await asyncio.sleep(60)
            assert len(daemon.wire.writes()) == sent

    run(story)


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(beside(BEFORE, 1), id="ring"),
        pytest.param(Roster(ROOM, (ANN, BOB)), id="remove"),
        pytest.param(Roster(ROOM, (ANN, AFTER.members[1], CARA)), id="silence"),
    ],
)
def test_what_has_not_left_when_a_pause_is_confirmed_never_leaves(
    declared: Roster,
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        async with world.daemon() as daemon:
            await asyncio.sleep(90)
            daemon.wire.left.clear()
            daemon.wire.connecting = SEND_WITHIN_SECONDS + 0.5
            await declare(world, daemon, declared)
            await asyncio.sleep(daemon.wire.connecting + 0.3)
            assert daemon.wire.writes()
            await pause(world)
            await asyncio.sleep(SEND_WITHIN_SECONDS)
            confirmed = len(daemon.wire.left)
            await asyncio.sleep(60)
            assert len(daemon.wire.left) == confirmed == 0

    run(story)


def test_an_old_look_exposes_nobody_and_a_new_one_follows_at_once() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        async with world.daemon(resync=600.0) as daemon:
            await asyncio.sleep(90)
            daemon.wire.requests.clear()
            world.store.noting = MAX_OBSERVATION_AGE_SECONDS + 0.5
            await declare(world, daemon, AFTER)
            await asyncio.sleep(10)
            assert not world.legs(ROOM)["ann"].muted
            assert "cara" not in world.legs(ROOM)
            listings = [
                at
                for at, method, path in daemon.wire.requests
                if method == "GET" and path.endswith("Participants.json")
            ]
            silence, *harm = [at for at, *_ in daemon.wire.writes()]
            assert silence - listings[0] > MAX_OBSERVATION_AGE_SECONDS
            assert min(harm) - max(at for at in listings if at < min(harm)) < 0.5

    run(story)


def test_a_ring_is_on_record_as_an_event_before_it_is_sent() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster(ROOM, (ANN,)))
        hang = Fault(FaultKind.HANG, "POST", "*/Participants.json", seconds=10.0)
        world.exchange.faults.add(hang)
        async with world.daemon() as daemon:
            await daemon.wire.wrote.wait()
            kinds = [each.kind for each in world.store.tables.events]
            assert kinds.count("ring.planned") == 1

    run(story)


def test_after_a_boundary_only_silences_of_the_plan_before_it_may_leave() -> None:
    async def story() -> None:
        world = World()
        started = world.loop.time()
        window = Period(Once(started - 9, started + 1))
        await world.declare(Declaration(BEFORE, schedule=(ScheduleEntry(window),)))
        lease = await world.store.acquire(ROOM, "one", started, 60.0)
        clock = world.loop.time
        desired = await world.store.desired(ROOM, started)
        assert desired is not None
        seen = Evaluation(
            ROOM,
            RoomPhase.CONVERGING,
            Plan(ROOM, 1),
            version=desired.version,
            observed_at=started,
            desired=desired,
        )
        session = LeaseSession(world.store, clock, lease, 60.0)
        fresh = Freshness(world.store, clock, session, seen)
        await asyncio.sleep(0.5)
        assert await fresh.stale(Step.EXPOSE) == ""
        await asyncio.sleep(0.49)
        assert fresh.may_send(Step.EXPOSE)
        await asyncio.sleep(0.02)
        assert not fresh.may_send(Step.EXPOSE)
        assert fresh.may_send(Step.SILENCE)
        assert await fresh.stale(Step.EXPOSE) == CHANGED
        assert await fresh.stale(Step.SILENCE) == ""

    run(story)


async def planned_for(world: World) -> Freshness:
    """A plan for the room as it is, which was leased after planning."""
    started, clock = world.loop.time(), world.loop.time
    desired = await world.store.desired(ROOM, started)
    assert desired is not None
    seen = Evaluation(
        ROOM,
        RoomPhase.CONVERGING,
        Plan(ROOM, 1),
        version=desired.version,
        observed_at=started,
        desired=desired,
    )
    lease = await world.store.acquire(ROOM, "one", started, 60.0)
    session = LeaseSession(world.store, clock, lease, 60.0)
    checked = CheckedVersion(lease.version, started)
    return Freshness(world.store, clock, session, seen, checked)


def test_the_version_read_with_the_lease_serves_one_step_and_the_next_reads_again() -> (
    None
):
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        fresh = await planned_for(world)
        await pause(world)
        assert await fresh.stale(Step.EXPOSE) == ""
        assert await fresh.stale(Step.EXPOSE) == UNMANAGED

    run(story)


def test_a_version_read_with_the_lease_a_while_ago_serves_no_step() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        fresh = await planned_for(world)
        await pause(world)
        await asyncio.sleep(CHECKED_SECONDS + 0.1)
        assert await fresh.stale(Step.SILENCE) == UNMANAGED

    run(story)


def test_what_was_decided_before_the_room_was_leased_ends_the_pass() -> None:
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        fresh = await planned_for(world)
        await world.declare(AFTER)
        lease = await world.store.acquire(ROOM, "one", world.loop.time(), 60.0)
        fresh.checked = CheckedVersion(lease.version, world.loop.time())
        assert await fresh.stale(Step.EXPOSE) == CHANGED

    run(story)


def test_a_request_leaves_within_two_seconds_of_the_version_read_with_the_lease() -> (
    None
):
    async def story() -> None:
        world = World()
        await world.declare(BEFORE)
        fresh = await planned_for(world)
        await asyncio.sleep(CHECKED_SECONDS - 0.1)
        assert await fresh.stale(Step.SILENCE) == ""
        await asyncio.sleep(SEND_WITHIN_SECONDS - CHECKED_SECONDS)
        assert fresh.may_send(Step.SILENCE)
        await asyncio.sleep(0.2)
        assert not fresh.may_send(Step.SILENCE)

    run(story)
