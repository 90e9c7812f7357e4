"""Guards over time, against the simulator on virtual time."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import GuardKind
from reconciler.model.roster import Limits, OnChange, RoomState, Roster
from reconciler.planning.flapping import SILENCE_LISTED_SECONDS
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import Subscriber
from tests.engine.world import Daemon, World, member, roster, run

ROOM = "line"
PEOPLE = tuple(member(f"p{n:02}") for n in range(20))


def connected(world: World) -> set[str]:
    return {
        label or ""
        for label, leg in world.legs(ROOM).items()
        if leg.status == "connected"
    }


async def until(true: Callable[[], bool], within: float = 120) -> None:
    for _ in range(int(within * 4)):
        if true():
            return
        await asyncio.sleep(0.25)
    raise TimeoutError(within)


async def until_connected(world: World, labels: set[str], within: float = 120) -> None:
    await until(lambda: connected(world) == labels, within)


async def settled(daemon: Daemon, seconds: float = 5) -> None:
    """Long enough for what is to be done to be done and seen."""
    await asyncio.sleep(seconds)
    assert daemon.task is not None
    assert not daemon.task.done()


async def declare(world: World, daemon: Daemon, wanted: Roster) -> None:
    await world.declare(wanted)
    world.store.decide_on(wanted.room, "an edit")
    await settled(daemon, 1)


def test_many_small_edits_remove_no_more_than_the_limit() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, *PEOPLE))
            await until_connected(world, {each.label for each in PEOPLE})
            for edit in range(1, 10):
                await declare(world, daemon, roster(ROOM, *PEOPLE[2 * edit :]))
            await settled(daemon, 60)
            assert len(connected(world)) >= len(PEOPLE) - Limits().removals
            assert len(connected(world)) < len(PEOPLE)

    run(story)


def test_removals_are_counted_for_ten_minutes_and_no_longer() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, *PEOPLE[:8]))
            await until_connected(world, {each.label for each in PEOPLE[:8]})
            await declare(world, daemon, roster(ROOM, *PEOPLE[2:8]))
            await until_connected(world, {each.label for each in PEOPLE[2:8]})
            await settled(daemon, 601)
            await declare(world, daemon, roster(ROOM, *PEOPLE[4:8]))
            await until_connected(world, {each.label for each in PEOPLE[4:8]})

    run(story)


def test_a_removal_that_worked_late_counts_for_ten_minutes_from_then() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, *PEOPLE[:9]))
            await until_connected(world, {each.label for each in PEOPLE[:9]})
            busy = Fault(FaultKind.TOO_MANY, "DELETE", "*", lasts=120.0)
            world.exchange.faults.add(busy)
            await declare(world, daemon, roster(ROOM, *PEOPLE[3:9]))
            await settled(daemon, 60)
            assert len(connected(world)) == 9
            await until_connected(world, {each.label for each in PEOPLE[3:9]}, 300)
            await settled(daemon, 550)
            await declare(world, daemon, roster(ROOM, *PEOPLE[4:9]))
            await settled(daemon)
            assert len(connected(world)) == 6

    run(story)


def heard(world: World) -> set[str]:
    """The labels of those who are not muted."""
    return {label or "" for label, leg in world.legs(ROOM).items() if not leg.muted}


def muted_but(count: int, limit: int = 10) -> Roster:
    """Twenty people, of whom the first *count* may be heard."""
    people = [replace(x, muted=n >= count) for n, x in enumerate(PEOPLE)]
    return replace(roster(ROOM, *people), limits=Limits(exposures=limit))


def test_many_small_edits_expose_no_more_than_the_limit_also_after_a_restart() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await declare(world, daemon, muted_but(0))
            await until_connected(world, {each.label for each in PEOPLE})
            for edit in range(1, 5):
                await declare(world, daemon, muted_but(2 * edit))
            assert len(heard(world)) == 8
        async with world.daemon(name="two") as daemon:
            for edit in range(5, 10):
                await declare(world, daemon, muted_but(2 * edit))
            await settled(daemon, 700)
            assert heard(world) == {each.label for each in PEOPLE[:10]}
            await declare(world, daemon, muted_but(19))
            await until(lambda: len(heard(world)) == 19)

    run(story)


def test_an_edit_that_mutes_and_unmutes_the_same_people_is_not_withheld() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await declare(world, daemon, muted_but(0, limit=3))
            await until_connected(world, {each.label for each in PEOPLE})
            for _ in range(5):
                await declare(world, daemon, muted_but(3, limit=3))
                await until(lambda: len(heard(world)) == 3)
                await declare(world, daemon, muted_but(0, limit=3))
                await until(lambda: not heard(world))

    run(story)


def test_what_was_withheld_is_not_done_when_people_leave_by_themselves() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, *PEOPLE[:9]))
            await until_connected(world, {each.label for each in PEOPLE[:9]})
            await declare(world, daemon, roster(ROOM, *PEOPLE[:2]))
            for each in PEOPLE[2:6]:
                world.exchange.hang_up(each.to)
                await settled(daemon, 20)
            await declare(world, daemon, roster(ROOM, *PEOPLE[:2]))
            await settled(daemon, 700)
            assert connected(world) == {
                each.label for each in (*PEOPLE[:2], *PEOPLE[6:9])
            }
            kept = (await world.store.ledger(ROOM, world.loop.time())).withheld
            assert set(kept) == {GuardKind.REMOVALS}
            await declare(world, daemon, roster(ROOM, *PEOPLE[:2], PEOPLE[8]))
            await until_connected(
                world, {each.label for each in (*PEOPLE[:2], PEOPLE[8])}
            )

    run(story)


def test_phones_that_ring_are_let_off_whatever_the_limit() -> None:
    async def story() -> None:
        world = World()
        for each in PEOPLE[1:9]:
            world.exchange.describe(each.to, Subscriber(answers_after=3000))
        async with world.daemon() as daemon:
            first = roster(ROOM, PEOPLE[0])
            await declare(world, daemon, first)
            await until_connected(world, {PEOPLE[0].label})
            await declare(world, daemon, roster(ROOM, *PEOPLE[:9]))
            await settled(daemon, 10)
            assert len(world.legs(ROOM)) == 9
            await declare(world, daemon, first)
            await settled(daemon, 10)
            assert set(world.legs(ROOM)) == {PEOPLE[0].label}

    run(story)


def test_a_room_is_not_emptied_by_redialing_everybody() -> None:
    async def story() -> None:
        world = World()
        people = tuple(
            replace(each, on_change=OnChange.REDIAL, create_only=(("timeout", 30),))
            for each in PEOPLE[:3]
        )
        fewest, labels = 9, {each.label for each in people}
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, *people))
            await until_connected(world, labels)
            (first,) = world.exchange.list_conferences({"FriendlyName": ROOM})
            changed = [replace(each, create_only=(("timeout", 40),)) for each in people]
            await declare(world, daemon, roster(ROOM, *changed))
            for _ in range(240):
                fewest = min(fewest, len(connected(world)))
                await asyncio.sleep(0.25)
            assert fewest == 2
            assert connected(world) == labels
            (last,) = world.exchange.list_conferences({"FriendlyName": ROOM})
            assert last.sid == first.sid
            rung = [each.to for each in world.exchange.history.rings]
            assert [rung.count(each.to) for each in people] == [2, 2, 2]

    run(story)


def test_everybody_is_replaced_without_the_room_being_empty() -> None:
    async def story() -> None:
        world = World()
        old, new = PEOPLE[:2], PEOPLE[2:4]
        for each in new:
            world.exchange.describe(each.to, Subscriber(answers_after=15))
        fewest = 9
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, *old))
            await until_connected(world, {each.label for each in old})
            await declare(world, daemon, roster(ROOM, *new))
            for _ in range(160):
                fewest = min(fewest, len(connected(world)))
                await asyncio.sleep(0.25)
            assert connected(world) == {each.label for each in new}
            assert fewest == 2

    run(story)


def test_a_room_with_many_people_is_not_ended_by_an_edit() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            wanted = roster(ROOM, *PEOPLE[:4])
            await declare(world, daemon, wanted)
            await until_connected(world, {each.label for each in wanted.members})
            await declare(world, daemon, replace(wanted, state=RoomState.ENDED))
            await settled(daemon, 60)
            assert len(connected(world)) == 4

    run(story)


@pytest.mark.parametrize("lag", [0.0, 2.5, 6.0])
def test_a_listing_that_lags_makes_no_exposure_be_sent_twice(lag: float) -> None:
    """A silence that is not listed after 3 s is sent again: it harms nobody."""

    async def story() -> None:
        world = World()
        ann, bob = member("ann", muted=True, hold=False), member("bob", muted=False)
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, ann, bob))
            await until_connected(world, {"ann", "bob"})
            await settled(daemon, 20)
            world.exchange.flip(list_change_lag=lag)
            sent = len(world.exchange.history.writes)
            swapped = roster(
                ROOM, replace(ann, muted=False), replace(bob, muted=True, hold=True)
            )
            await declare(world, daemon, swapped)
            await settled(daemon, 30)
            forms = [x.form for x in world.exchange.history.writes[sent:]]
            exposing = [form for form in forms if form.get("Muted") == ("false",)]
            assert (len(forms) - len(exposing) == 2) or lag > SILENCE_LISTED_SECONDS
            assert len(exposing) == 1
            legs = world.legs(ROOM)
            assert (legs["ann"].muted, legs["bob"].muted) == (False, True)
            assert daemon.observer.drift[-1][1] == frozenset()

    run(story)


def test_a_mute_that_twilio_cannot_do_for_a_while_is_not_given_up() -> None:
    async def story() -> None:
        world = World()
        ann, bob = member("ann"), member("bob", muted=False)
        async with world.daemon() as daemon:
            await declare(world, daemon, roster(ROOM, ann, bob))
            await until_connected(world, {"ann", "bob"})
            broken = Fault(FaultKind.ERROR, "POST", "*/Participants/*", times=6)
            world.exchange.faults.add(broken)
            await declare(world, daemon, roster(ROOM, ann, replace(bob, muted=True)))
            await settled(daemon, 40)
            assert world.legs(ROOM)["bob"].muted

    run(story)


def test_somebody_who_is_unmuted_again_and_again_is_muted_every_time() -> None:
    async def story() -> None:
        world = World()
        ann, bob = member("ann"), member("bob", muted=True)
        async with world.daemon(resync=2.0) as daemon:
            await declare(world, daemon, roster(ROOM, ann, bob))
            await until_connected(world, {"ann", "bob"})
            for _ in range(15):
                world.mute(ROOM, "bob", muted=False)
                await until(lambda: world.legs(ROOM)["bob"].muted, within=35)
                await settled(daemon, 3)
            kinds = [each.kind for each in await world.store.events(ROOM, limit=999)]
            assert "member.stalled" in kinds
            assert "withheld.flapping" not in kinds

    run(story)
