"""What a daemon records of a room: each change once, and nothing of an unchanged one."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.recorded_observation import Audience, LegInterval, OverheardCause
from reconciler.model.roster import Limits, Roster
from reconciler.planning.leg_events import LISTING_LAG_SECONDS
from reconciler.simulator.exchange.audit_log import LoggedEvent
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.webhooks.payload import leg_event
from tests.engine.world import START, Daemon, World, member, roster, run

ROOM = "line"
ANN, BOB = member("ann", muted=True), member("bob")


async def intervals(world: World, label: str) -> list[LegInterval]:
    return [x for x in await world.store.intervals(ROOM, 0.0) if x.label == label]


def told(found: list[LegInterval]) -> list[tuple[Audience, OverheardCause | None]]:
    return [(each.audience, each.cause) for each in found]


def test_an_unchanged_room_is_recorded_once() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon():
            await asyncio.sleep(140)
            (first,) = (await world.store.observed()).values()
            writes = world.store.writes
            await asyncio.sleep(3600)
            (last,) = (await world.store.observed()).values()
            assert last == first
            assert world.store.writes == writes
            assert {leg.label for leg in last.legs} == {"ann", "bob"}

    run(story)


def test_somebody_who_unmutes_is_overheard_until_the_answer_to_the_correction() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon():
            await asyncio.sleep(140)
            unmuted_at = world.loop.time()
            world.mute(ROOM, "ann", muted=False)
            await asyncio.sleep(40)
            silent, late, seen, now = await intervals(world, "ann")
            assert told([silent, late, seen, now]) == [
                (Audience.NOBODY, None),
                (Audience.ROOM, OverheardCause.UNTIL_SEEN),
                (Audience.ROOM, OverheardCause.UNTIL_CORRECTED),
                (Audience.NOBODY, None),
            ]
            assert unmuted_at - 33 < late.begins_at <= unmuted_at < seen.begins_at
            assert seen.ends_at is not None
            assert seen.ends_at - seen.begins_at < 1.0
            assert now.ends_at is None

    run(story)


def test_a_correction_that_twilio_refuses_is_the_cause_until_one_works() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon():
            await asyncio.sleep(140)
            world.exchange.faults.add(
                Fault(FaultKind.BAD_REQUEST, "POST", "*/Participants/*", lasts=60.0)
            )
            world.mute(ROOM, "ann", muted=False)
            await asyncio.sleep(70)
            await asyncio.sleep(140)
            causes = [each.cause for each in await intervals(world, "ann")]
            assert causes[1:4] == [
                OverheardCause.UNTIL_SEEN,
                OverheardCause.UNTIL_CORRECTED,
                OverheardCause.REFUSED,
            ]
            assert causes[-1] is None

    run(story)


def test_a_roster_that_mutes_somebody_overhears_them_since_it_was_loaded() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann"), BOB))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(140)
            await world.declare(roster(ROOM, ANN, BOB))
            loaded_at = world.loop.time()
            await asyncio.sleep(60)
            found = await intervals(world, "ann")
            late = next(x for x in found if x.cause is OverheardCause.UNTIL_SEEN)
            assert late.begins_at == loaded_at

    run(story)


def test_a_withheld_unmute_overhears_nobody_and_a_restart_continues() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster(ROOM, (ANN, BOB), limits=Limits(exposures=0)))
        async with world.daemon():
            await asyncio.sleep(140)
        await world.declare(
            Roster(ROOM, (replace(ANN, muted=False), BOB), limits=Limits(exposures=0))
        )
        async with world.daemon(name="two"):
            await asyncio.sleep(140)
            before, after = await intervals(world, "ann")
            assert told([before, after]) == [(Audience.NOBODY, None)] * 2
            assert [before.permitted, after.permitted] == [
                Audience.NOBODY,
                Audience.ROOM,
            ]
            assert before.begins_at < START + 100 < after.begins_at

    run(story)


async def told_by_webhook(
    world: World, daemon: Daemon, event: LoggedEvent | None = None
) -> None:
    """*event*, or Twilio's newest of the room, comes to the daemon."""
    event = event or world.exchange.history.events[-1]
    told = leg_event(event.form, world.loop.time())
    assert told is not None
    daemon.controller.leg_event(ROOM, told)
    daemon.controller.mark(ROOM, Priority.WEBHOOK, event.name)


def test_a_webhook_dates_an_exposure_to_the_second() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon() as daemon:
            await asyncio.sleep(145)
            unmuted_at = world.loop.time()
            world.mute(ROOM, "ann", muted=False)
            await told_by_webhook(world, daemon)
            await asyncio.sleep(40)
            _, late, seen, _ = await intervals(world, "ann")
            assert late.cause is OverheardCause.UNTIL_SEEN
            assert unmuted_at - 1.0 < late.begins_at <= unmuted_at
            assert seen.begins_at - unmuted_at < 1.0

    run(story)


@pytest.mark.parametrize("lag", [2.0, 4.0])
def test_what_a_listing_shows_later_than_its_event_is_seen_soon(lag: float) -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon() as daemon:
            await asyncio.sleep(145)
            world.exchange.flip(list_change_lag=lag)
            world.mute(ROOM, "ann", muted=False)
            daemon.wire.requests.clear()
            await told_by_webhook(world, daemon)
            await asyncio.sleep(lag + 1.5)
            assert "POST" in {method for _, method, _ in daemon.wire.requests}
            await told_by_webhook(world, daemon)
            await asyncio.sleep(lag + 1.5)
            daemon.wire.requests.clear()
            await asyncio.sleep(5)
            assert len(daemon.wire.requests) <= 1

    run(story)


def test_what_a_leg_was_before_it_was_corrected_is_not_waited_for() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon() as daemon:
            await asyncio.sleep(145)
            world.mute(ROOM, "ann", muted=False)
            await told_by_webhook(world, daemon)
            await asyncio.sleep(1.2)
            assert world.legs(ROOM)["ann"].muted
            daemon.wire.requests.clear()
            await asyncio.sleep(4)
            assert len(daemon.wire.requests) <= 1

    run(story)


def test_an_event_that_no_listing_bears_out_is_forgotten() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon() as daemon:
            await asyncio.sleep(145)
            world.mute(ROOM, "ann", muted=False)
            event = world.exchange.history.events[-1]
            world.mute(ROOM, "ann", muted=True)
            await told_by_webhook(world, daemon, event)
            await asyncio.sleep(LISTING_LAG_SECONDS + 2)
            daemon.wire.requests.clear()
            await asyncio.sleep(5)
            assert len(daemon.wire.requests) <= 1

    run(story)


def test_who_mutes_again_before_the_look_is_on_record_as_overheard() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon() as daemon:
            await asyncio.sleep(145)
            world.mute(ROOM, "ann", muted=False)
            event = world.exchange.history.events[-1]
            await asyncio.sleep(0.01)
            world.mute(ROOM, "ann", muted=True)
            came_at = world.loop.time()
            for form in (event.form, world.exchange.history.events[-1].form):
                told = leg_event(form, came_at)
                assert told is not None
                daemon.controller.leg_event(ROOM, told)
            daemon.controller.mark(ROOM, Priority.WEBHOOK, "participant-unmute")
            await asyncio.sleep(40)
            found = [x for x in await intervals(world, "ann") if x.overheard]
            assert [x.cause for x in found] == [OverheardCause.UNTIL_SEEN]
            assert found[0].ends_at is not None
            assert found[0].ends_at - found[0].begins_at <= 1.0

    run(story)
