"""Silences while Twilio fails, and lists that lag: nothing is given up or taken back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.roster import Member, Roster, Unlisted
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.records import ParticipantRecord
from tests.engine.caller import ROOM, Caller
from tests.engine.world import World, member, run

ANN, BOB = member("ann"), member("bob", muted=False)
SUP = member("sup", coaching="ann")
STRANGER = "+15559990001"
KINDS = [FaultKind.ERROR, FaultKind.UNAVAILABLE, FaultKind.BAD_REQUEST]
WAIT_CODE = 16028
"""Twilio's word for an update to be sent again later."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody who is to be silent from an edit on, and how that shows."""

    before: Roster
    after: Roster
    who: str
    shown: Callable[[ParticipantRecord], Any]


def of(edited: Member, shown: str, *others: Member) -> Silence:
    first = replace(edited, muted=False, hold=False, coaching=None)
    return Silence(
        Roster(ROOM, (*others, first)),
        Roster(ROOM, (*others, edited)),
        edited.label,
        lambda leg: getattr(leg, shown),
    )


SILENCES = [
    pytest.param(of(replace(BOB, muted=True), "muted", ANN), id="mute"),
    pytest.param(of(replace(BOB, muted=None, hold=True), "hold", ANN), id="hold"),
    pytest.param(of(SUP, "coaching", ANN), id="coach"),
    *(
        pytest.param(
            Silence(
                Roster(ROOM, (ANN,)),
                Roster(ROOM, (ANN,), unlisted=rule),
                STRANGER,
                lambda leg, field=field: getattr(leg, field),  # type: ignore[misc]
            ),
            id=f"unlisted {rule}",
        )
        for rule, field in ((Unlisted.MUTE, "muted"), (Unlisted.HOLD, "hold"))
    ),
]


def leg_of(world: World, who: str) -> ParticipantRecord:
    legs = world.legs(ROOM)
    return legs[None] if who == STRANGER else legs[who]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("silence", SILENCES)
def test_what_fails_six_times_is_done_once_twilio_is_well(
    silence: Silence, kind: FaultKind
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(silence.before)
        async with world.daemon(resync=2.0):
            await asyncio.sleep(10)
            if silence.who == STRANGER:
                world.exchange.dial_in(ROOM, STRANGER)
                await asyncio.sleep(10)
            code = WAIT_CODE if kind is FaultKind.BAD_REQUEST else 0
            fault = Fault(kind, "POST", "*/Participants/*", times=6, code=code)
            world.exchange.faults.add(fault)
            await world.declare(silence.after)
            await asyncio.sleep(60)
            assert silence.shown(leg_of(world, silence.who))
            kinds = {each.kind for each in await world.store.events(ROOM, limit=999)}
            assert "withheld.flapping" not in kinds

    run(story)


@pytest.mark.parametrize("who", [BOB.label, ANN.label])
def test_an_exposure_that_was_never_sent_is_withheld_by_no_flapping(who: str) -> None:
    """Ann is unmuted and bob muted by one edit; bob's mute fails three times."""

    async def story() -> None:
        world = World()
        caller = Caller(world)
        silent, heard = replace(ANN, muted=True), replace(ANN, muted=False)
        await caller.declare(Roster(ROOM, (silent, BOB)))
        await caller.follow()
        fault = Fault(FaultKind.UNAVAILABLE, "POST", who=who, times=3)
        world.exchange.faults.add(fault)
        await caller.declare(Roster(ROOM, (heard, replace(BOB, muted=True))))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert not world.legs(ROOM)["ann"].muted
        assert world.legs(ROOM)["bob"].muted

    run(story)


@pytest.mark.parametrize("switch", ["list_lag", "list_change_lag"])
def test_listings_that_lag_three_seconds_are_no_flapping(switch: str) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(**{switch: 3.0})
        caller = Caller(world)
        held = member("cara", hold=True, muted=False)
        await caller.declare(Roster(ROOM, (replace(ANN, muted=True), BOB, held)))
        assert (await caller.follow()).state is RoomPhase.CONVERGED
        swapped = replace(ANN, muted=False), replace(BOB, muted=True), held
        await caller.declare(Roster(ROOM, swapped))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        legs = world.legs(ROOM)
        assert (legs["ann"].muted, legs["bob"].muted) == (False, True)
        assert (legs["cara"].hold, legs["cara"].muted) == (True, False)

    run(story)
