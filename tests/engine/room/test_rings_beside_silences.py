"""Calls that are being placed go on while a later plan's silences are sent."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from msgspec.structs import replace

from reconciler.model.roster import Member, Roster
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import People, Subscriber
from tests.engine.caller import PLACES, ROOM, Caller, people
from tests.engine.world import World, run

CREATE_SECONDS, MUTE_SECONDS = 0.25, 0.7
HEARD, COACHED = "p000", "p001"
"""Are in the room; the first is declared muted, and unmuted by hand meanwhile."""

FIRST, LATER = 50, 65
"""Whose turn comes while the mute is under way: the first is answered by its end."""

REFUSED = "+15005550001"


def everybody(count: int, **changed: Member) -> Roster:
    roster = people(count)
    first, *others = roster.members
    members = (replace(first, muted=True), *(changed.get(x.label, x) for x in others))
    return replace(roster, members=members)


async def filled(roster: Roster, then: Callable[[World], object]) -> Caller:
    """A sync that calls the rest of *roster*, and must mute somebody meanwhile.

    *then* is done after the first calls have left; what left is in ``wire``.
    """
    world = World()
    caller = Caller(world, reserved=4)
    await caller.declare(everybody(2))
    await caller.follow()
    for told in (caller.wire.labels, caller.wire.began, caller.wire.ended):
        told.clear()
    slow = Fault(FaultKind.SLOW, "POST", times=999)
    for request, seconds in (("s.json", CREATE_SECONDS), ("s/*", MUTE_SECONDS)):
        path = f"*/Participant{request}"
        world.exchange.faults.add(replace(slow, path=path, seconds=seconds))
    await caller.declare(roster)
    left = asyncio.Event()
    caller.wire.hook = lambda calls: left.set() if calls == PLACES else None
    syncing = asyncio.create_task(caller.follow_all(within=20.0))
    await left.wait()
    world.mute(ROOM, HEARD, muted=False)
    then(world)
    await syncing
    assert world.legs(ROOM)[HEARD].muted
    return caller


def test_calls_leave_at_their_pace_while_somebody_is_muted() -> None:
    async def story() -> None:
        caller = await filled(everybody(120), lambda _: None)
        gaps = [later - earlier for earlier, later in pairwise(caller.wire.began)]
        assert sorted(caller.wire.labels) == [
            each.label for each in people(120).members[2:]
        ]
        assert max(gaps) < CREATE_SECONDS + 0.1

    run(story)


def test_a_coach_is_not_called_once_the_plan_knows_that_nobody_is_there() -> None:
    async def story() -> None:
        coach = replace(people(120).members[LATER], coaching=COACHED)
        roster = everybody(120, **{coach.label: coach})
        caller = await filled(roster, lambda world: world.exchange.hang_up(COACHED))
        assert coach.label not in caller.wire.labels
        assert len(caller.wire.labels) == 117

    run(story)


def test_who_is_refused_meanwhile_is_not_called_again() -> None:
    async def story() -> None:
        refused = replace(people(120).members[FIRST], to=REFUSED)
        roster = everybody(120, **{refused.label: refused})
        caller = await filled(roster, lambda _: None)
        assert len(caller.wire.labels) == len(set(caller.wire.labels)) == 118

    run(story)


def test_nobody_is_called_while_a_phone_is_let_off() -> None:
    """Somebody was called to be heard, and is declared muted before the look."""

    async def story() -> None:
        phones = {x.to: Subscriber(answers_after=60.0) for x in people(120).members[2:]}
        caller = Caller(World(people=People(phones)), reserved=4)
        await caller.declare(everybody(2))
        await caller.follow()
        slow = Fault(FaultKind.SLOW, "POST", times=999)
        for path, seconds in (
            ("Participants.json", CREATE_SECONDS),
            ("Calls/*", MUTE_SECONDS),
        ):
            fault = replace(slow, path=f"*/{path}", seconds=seconds)
            caller.world.exchange.faults.add(fault)
        await caller.declare(everybody(120))
        left = asyncio.Event()
        caller.wire.hook = lambda _: left.set()
        syncing = asyncio.create_task(caller.follow_all(within=6.0))
        await left.wait()
        await asyncio.sleep(CREATE_SECONDS + 0.1)
        muted = replace(people(120).members[3], muted=True)
        await caller.declare(everybody(120, **{muted.label: muted}))
        await syncing
        (let_off_at,) = (
            at for at, _, path in caller.wire.writes() if "/Calls/" in path
        )
        meanwhile = [x for x in caller.wire.began if 0.0 <= x - let_off_at < 0.4]
        assert not meanwhile
        assert len(set(caller.wire.labels)) == 120

    run(story)
