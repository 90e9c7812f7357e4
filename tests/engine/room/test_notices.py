"""What events say of their notices, from real passes against the simulator."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.model.notice import Notice
from reconciler.model.notification import notice_of
from reconciler.model.roster import (
    Group,
    Limits,
    Machine,
    Member,
    Redial,
    Replacement,
    Roster,
)
from reconciler.simulator.exchange.people import ALWAYS, People, Subscriber
from reconciler.store.queries.operator_decision import Decision
from tests.engine.world import World, member, run

ROOM = "bridge"
ONCE = Redial(attempts=1)


def asking(label: str, machine: Machine = Machine.HANG_UP) -> Member:
    ask = (("machine_detection", "Enable"),)
    return member(label, create_only=ask, machine=machine, redial=ONCE)


def world_with(**people: Subscriber) -> World:
    return World(people=People({member(x).to: person for x, person in people.items()}))


def notices(world: World) -> list[tuple[Notice, str]]:
    found = ((notice_of(each), each) for each in world.store.tables.events)
    return [(notice, event.label) for notice, event in found if notice]


async def after(world: World, *rosters: Roster, seconds: float = 60.0) -> None:
    async with world.daemon():
        for each in rosters:
            await world.declare(each)
            await asyncio.sleep(seconds)


def test_a_group_tells_of_the_busy_of_the_machine_and_of_each_next_one() -> None:
    async def story() -> None:
        world = world_with(ann=Subscriber(busy=ALWAYS), bob=Subscriber(machine=True))
        labels = ("ann", "bob", "cara")
        group = Group("dbas", labels, want=1)
        limits = Limits(removals=0)
        members = tuple(map(asking, labels))
        await after(world, Roster(ROOM, members, limits=limits, groups=(group,)))
        assert notices(world) == [
            (Notice.BUSY, "ann"),
            (Notice.FALLBACK, "bob"),
            (Notice.MACHINE, "bob"),
            (Notice.FALLBACK, "cara"),
        ]

    run(story)


def test_a_machine_that_is_kept_is_told_of_once() -> None:
    async def story() -> None:
        world = world_with(ann=Subscriber(machine=True))
        await after(world, Roster(ROOM, (asking("ann", Machine.KEEP), member("bob"))))
        assert notices(world) == [(Notice.MACHINE, "ann")]

    run(story)


def test_calls_tell_how_they_ended() -> None:
    async def story() -> None:
        world = world_with(
            ann=Subscriber(hangs_up_after=5.0),
            bob=Subscriber(no_answer=ALWAYS),
            cara=Subscriber(fails=ALWAYS),
            fred=Subscriber(refused=21211),
        )
        labels = ("ann", "bob", "cara", "fred", "eve")
        people = tuple(member(each, redial=ONCE) for each in labels)
        await after(world, Roster(ROOM, people), seconds=180.0)
        ended = [x for x in notices(world) if x[0] is not Notice.STALLED]
        assert sorted(ended) == [
            (Notice.FAILED, "cara"),
            (Notice.FAILED, "fred"),
            (Notice.LEFT, "ann"),
            (Notice.NO_ANSWER, "bob"),
        ]

    run(story)


def test_a_hand_over_tells_who_was_replaced() -> None:
    async def story() -> None:
        night = member("night", replaces=Replacement("day"))
        first = Roster(ROOM, (member("day"),))
        await after(world := world_with(), first, Roster(ROOM, (night,)))
        assert notices(world) == [(Notice.REPLACED, "day")]

    run(story)


def test_who_is_removed_and_replaced_by_nobody_is_no_notice() -> None:
    async def story() -> None:
        both = Roster(ROOM, (member("day"), member("night")))
        await after(
            world := world_with(), both, replace(both, members=both.members[1:])
        )
        assert notices(world) == []

    run(story)


def test_an_unmute_exposes_and_a_mute_does_not() -> None:
    async def story() -> None:
        quiet, loud = (
            Roster(ROOM, (member("ann", muted=muted), member("bob")))
            for muted in (True, False)
        )
        await after(world := world_with(), quiet, loud, quiet)
        assert notices(world) == [(Notice.EXPOSED, "ann")]

    run(story)


@pytest.mark.parametrize(("muted", "told"), [(True, []), (False, ["sup"])])
def test_the_end_of_coaching_exposes_only_who_is_heard_by_more(
    told: list[str], *, muted: bool
) -> None:
    async def story() -> None:
        coaching, over = (
            Roster(
                ROOM,
                (
                    member("ann"),
                    member("bob"),
                    member("sup", coaching=whom, muted=muted),
                ),
            )
            for whom in ("ann", False)
        )
        await after(world := world_with(), coaching)
        world.store.tables.events.clear()
        await after(world, over)
        assert world.legs(ROOM)["sup"].coaching is False
        exposed = [x for x in notices(world) if x[0] is Notice.EXPOSED]
        assert [label for _, label in exposed] == told

    run(story)


def stalls(world: World) -> list[str]:
    return [x.label for x in world.store.tables.events if x.kind == "member.stalled"]


def test_a_stall_is_told_once_however_often_a_daemon_starts() -> None:
    async def story() -> None:
        world = world_with(bob=Subscriber(busy=ALWAYS))
        people = Roster(ROOM, (member("ann"), member("bob", redial=ONCE)))
        await after(world, people)
        assert stalls(world) == ["bob"]
        for _ in range(2):
            async with world.daemon():
                await asyncio.sleep(60.0)
        assert stalls(world) == ["bob"]

    run(story)


def test_the_same_stall_after_another_ring_is_told_by_the_next_daemon() -> None:
    async def story() -> None:
        world = world_with(bob=Subscriber(busy=ALWAYS))
        people = Roster(ROOM, (member("ann"), member("bob", redial=ONCE)))
        await after(world, people)
        now = world.loop.time()
        await world.store.redial(Decision(ROOM, now, "ops"), "bob")
        async with world.daemon(name="two"):
            await asyncio.sleep(60.0)
        assert stalls(world) == ["bob", "bob"]

    run(story)
