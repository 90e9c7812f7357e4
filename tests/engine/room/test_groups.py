"""Groups, from the first ring to the one who is in, against the simulator."""

import asyncio
from collections import Counter

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.roster import Group, Late, Limits, Machine, Member, Redial, Roster
from reconciler.simulator.exchange.people import ALWAYS, People, Subscriber
from tests.engine.caller import ROOM, Caller
from tests.engine.world import World, member, run

ASKS = (("machine_detection", "Enable"),)
LABELS = ("ann", "bob", "cara")


def candidates(**fields: object) -> tuple[Member, ...]:
    asked = {"create_only": ASKS, "machine": Machine.HANG_UP, **fields}
    return tuple(member(label, **asked) for label in LABELS)


def on_call(*members: Member, **more: object) -> Roster:
    dbas = Group("dbas", LABELS, **{"want": 1, **more})  # type: ignore[arg-type]
    limits = Limits(removals=0)
    return Roster(ROOM, members or candidates(), limits=limits, groups=(dbas,))


def caller_with(**people: Subscriber) -> Caller:
    described = {member(label).to: person for label, person in people.items()}
    return Caller(World(people=People(described)))


def test_the_third_is_in_by_one_sync_where_one_is_busy_and_one_a_machine() -> None:
    async def story() -> None:
        caller = caller_with(ann=Subscriber(busy=ALWAYS), bob=Subscriber(machine=True))
        await caller.declare(on_call())
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert set(caller.world.legs(ROOM)) == {"cara"}
        assert caller.rung() == ["ann", "bob", "cara"]
        (state,) = made.evaluation.plan.groups
        assert state.text == "dbas: 1 of 1 in (cara); ann busy, bob machine"

    run(story)


def test_one_who_does_not_pick_up_is_let_off_while_the_next_phone_rings() -> None:
    async def story() -> None:
        caller = caller_with(
            ann=Subscriber(no_answer=ALWAYS), bob=Subscriber(answers_after=20.0)
        )
        await caller.declare(on_call(each_seconds=30.0))
        began = caller.loop.time()
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert set(caller.world.legs(ROOM)) == {"bob"}
        assert caller.rung() == ["ann", "bob"]
        assert 50 <= caller.loop.time() - began < 65

    run(story)


def test_two_who_answer_at_once_are_one_in_the_end_unless_late_is_kept() -> None:
    async def story(late: Late) -> None:
        slow = Subscriber(answers_after=34.0)
        caller = caller_with(ann=slow, bob=Subscriber(answers_after=3.5))
        roster = on_call(each_seconds=30.0, late=late)
        limited = Roster(ROOM, roster.members, groups=roster.groups)
        await caller.declare(limited)
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        legs = caller.world.legs(ROOM)
        assert len(legs) == (2 if late is Late.KEEP else 1)
        assert Counter(caller.rung()) == {"ann": 1, "bob": 1}

    for late in Late:
        run(lambda late=late: story(late))  # type: ignore[misc]


def test_a_daemon_calls_the_next_when_one_who_was_in_hangs_up() -> None:
    async def story() -> None:
        people = People({member("ann").to: Subscriber(hangs_up_after=100.0)})
        world = World(people=people)
        await world.declare(on_call())
        async with world.daemon():
            await asyncio.sleep(60)
            assert set(world.legs(ROOM)) == {"ann"}
            await asyncio.sleep(120)
            assert set(world.legs(ROOM)) == {"bob"}
            await asyncio.sleep(3600)
        rings = Counter(each.label for each in world.exchange.history.rings)
        assert rings == {"ann": 1, "bob": 1}

    run(story)


def test_a_group_that_nobody_answers_for_ends_a_sync_and_is_an_event() -> None:
    async def story() -> None:
        busy = Subscriber(busy=ALWAYS)
        caller = caller_with(ann=busy, bob=busy, cara=busy)
        await caller.declare(on_call(*candidates(redial=Redial(attempts=2))))
        made = await caller.follow()
        assert made.state is RoomPhase.STALLED
        assert Counter(caller.rung()) == {"ann": 2, "bob": 2, "cara": 2}
        told = [
            x.message
            for x in caller.store.tables.events
            if "nobody is left" in x.message
        ]
        assert len(told) == 1

    run(story)
