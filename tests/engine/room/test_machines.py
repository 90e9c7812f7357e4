"""Answering machines, from the create to the record of who answered."""

import pytest

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.attempt import CallOutcome
from reconciler.model.roster import Limits, Machine, Redial, Roster
from reconciler.simulator.exchange.people import People, Subscriber
from tests.engine.caller import ROOM, Caller
from tests.engine.world import World, member, run

ASKS = (("machine_detection", "Enable"),)
ONCE = Redial(attempts=1)


@pytest.mark.parametrize(
    ("machine", "stays", "held"),
    [
        (Machine.HANG_UP, False, False),
        (Machine.HOLD, True, True),
        (Machine.KEEP, True, False),
    ],
)
def test_a_sync_ends_with_a_machine_treated_as_declared(
    machine: Machine, stays: bool, held: bool
) -> None:
    async def story() -> None:
        bob = member("bob", create_only=ASKS, machine=machine, redial=ONCE)
        people = People({bob.to: Subscriber(machine=True, told_after=6.0)})
        caller = Caller(World(people=people))
        members = (member("ann"), bob)
        await caller.declare(Roster(ROOM, members, limits=Limits(removals=0)))
        made = await caller.follow()
        legs = caller.world.legs(ROOM)
        assert ("bob" in legs) is stays
        assert not stays or legs["bob"].hold is held
        assert caller.rung() == ["ann", "bob"]
        assert made.state is (RoomPhase.CONVERGED if stays else RoomPhase.STALLED)
        bobs = (x for x in caller.store.tables.attempts.values() if x.label == "bob")
        outcomes = [each.outcome for each in bobs]
        assert outcomes == [None if stays else CallOutcome.MACHINE]

    run(story)


def test_it_is_on_record_that_a_machine_took_the_call() -> None:
    async def story() -> None:
        bob = member("bob", create_only=ASKS, machine=Machine.HOLD)
        people = People({bob.to: Subscriber(machine=True)})
        caller = Caller(World(people=people))
        await caller.declare(Roster(ROOM, (bob,)))
        await caller.follow()
        told = [each.message for each in caller.store.tables.events]
        assert sum("an answering machine took the call" in each for each in told) >= 1

    run(story)


def test_who_answered_is_asked_for_a_bounded_time_where_twilio_never_tells() -> None:
    async def story() -> None:
        bob = member("bob", create_only=ASKS, machine=Machine.HANG_UP)
        people = People({bob.to: Subscriber(told_after=9999.0)})
        caller = Caller(World(people=people))
        await caller.declare(Roster(ROOM, (bob,)))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        asked = [path for _, _, path in caller.wire.requests if "/Calls/" in path]
        assert 10 < len(asked) < 60

    run(story)
