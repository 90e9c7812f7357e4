"""What half of a roster file says, which an editor saves in two steps."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    ScheduleEntry,
)
from reconciler.model.ledger import GuardKind
from reconciler.model.roster import Limits, Member, Roster, Unlisted
from reconciler.model.schedule import Once, Period
from reconciler.simulator.exchange.people import Subscriber
from tests.engine.hearing import ANN, COACHED, SUP, heard
from tests.engine.saving import QUIET_SECONDS, save
from tests.engine.world import START, World, member, run

ROOM = COACHED.room
DAN = member("dan", muted=False)
PLAIN_SUP = replace(SUP, coaching=None)


def room(*members: Member) -> Roster:
    return Roster(ROOM, members)


async def override(world: World, seconds: float, *, muted: bool) -> None:
    """What a person says of dan."""
    now, said = world.loop.time(), (("muted", muted),)
    word = Override(0, ROOM, OverrideVerb.SET, now, now + seconds, "ops")
    word = replace(word, labels=("dan",), fields=said)
    await world.store.add_overrides([word], now)
    world.store.decide_on(ROOM, "ops")


def rung(world: World, who: Member) -> int:
    return sum(each.to == who.to for each in world.exchange.history.rings)


@pytest.mark.parametrize("between", [0.2, 0.8, 1.5, 2.9])
def test_a_coach_whose_line_is_saved_in_two_steps_is_never_heard(
    between: float,
) -> None:
    async def story() -> None:
        world = World()
        world.exchange.describe(SUP.to, Subscriber(answers_after=0.1))
        await world.declare(room(ANN, DAN))
        async with world.daemon():
            await asyncio.sleep(10)
            await save(world, room(ANN, DAN, PLAIN_SUP))
            await asyncio.sleep(between)
            await save(world, room(ANN, DAN, SUP))
            await asyncio.sleep(20)
            sup = world.legs(ROOM)["sup"]
            assert (rung(world, SUP), sup.coaching, sup.muted) == (1, True, False)
            assert heard(world, "sup") == 0

    run(story)


def test_a_phone_whose_address_is_cut_off_is_not_called() -> None:
    async def story() -> None:
        world = World()
        whole = Member("dan", "client:bobby-tables", ANN.sender)
        half = replace(whole, to="client:bobby")
        await world.declare(room(ANN))
        async with world.daemon():
            await asyncio.sleep(10)
            await save(world, room(ANN, half))
            await asyncio.sleep(1.5)
            await save(world, room(ANN, whole))
            await asyncio.sleep(10)
            assert (rung(world, half), rung(world, whole)) == (0, 1)

    run(story)


def test_an_absent_coach_whose_line_is_cut_off_is_not_called_to_be_heard() -> None:
    async def story() -> None:
        world = World()
        world.exchange.describe(ANN.to, Subscriber(answers_after=30))
        world.exchange.describe(SUP.to, Subscriber(answers_after=0.1))
        await world.declare(room(ANN, DAN, SUP))
        async with world.daemon():
            await asyncio.sleep(10)
            await save(world, room(ANN, DAN, PLAIN_SUP))
            await asyncio.sleep(2)
            await save(world, room(ANN, DAN, SUP))
            await asyncio.sleep(60)
            assert world.legs(ROOM)["sup"].coaching
            assert heard(world, "sup") == 0

    run(story)


SILENT = {
    "unmuted": (replace(DAN, muted=True), DAN, lambda leg: leg.muted),
    "off hold": (
        member("dan", hold=True, muted=False),
        member("dan", hold=False, muted=False),
        lambda leg: leg.hold,
    ),
    "parted": (
        member("dan", coaching="ann", muted=False),
        member("dan", coaching=False, muted=False),
        lambda leg: leg.coaching,
    ),
}


@pytest.mark.parametrize(("whole", "half", "silent"), SILENT.values(), ids=SILENT)
def test_nobody_is_exposed_by_half_of_a_file_and_somebody_is_by_a_quiet_one(
    whole: Member, half: Member, silent: Callable[[object], bool]
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(room(ANN, whole))
        async with world.daemon():
            await asyncio.sleep(15)
            for _ in range(3):
                await save(world, room(ANN, half))
                await asyncio.sleep(1)
                await save(world, room(ANN, whole))
                await asyncio.sleep(1)
            assert silent(world.legs(ROOM)["dan"])
            assert heard(world, "dan") == 0
            await save(world, room(ANN, half))
            await asyncio.sleep(QUIET_SECONDS + 2)
            assert not silent(world.legs(ROOM)["dan"])

    run(story)


QUIET = Mode("quiet", (("dan", (("muted", True),)),))
NOW_QUIET = ScheduleEntry(Period(Once(START - 100, START + 9000)), mode="quiet")


def scheduled(*entries: ScheduleEntry, exposures: int = 10) -> Declaration:
    roster = replace(room(ANN, DAN), limits=Limits(exposures=exposures))
    return Declaration(roster, (QUIET,), schedule=entries)


def test_a_schedule_that_is_cut_off_lets_nobody_be_heard() -> None:
    async def story() -> None:
        world = World()
        await world.declare(scheduled(NOW_QUIET))
        async with world.daemon():
            await asyncio.sleep(10)
            await save(world, scheduled())
            await asyncio.sleep(2)
            await save(world, scheduled(NOW_QUIET))
            await asyncio.sleep(10)
            assert heard(world, "dan") == 0
            await save(world, scheduled())
            await asyncio.sleep(10)
            assert not world.legs(ROOM)["dan"].muted

    run(story)


def test_a_schedule_that_is_half_saved_lets_nobody_be_heard() -> None:
    async def story() -> None:
        world = World()
        muted = room(ANN, replace(DAN, muted=True))
        loud = Mode("loud", (("dan", (("muted", False),)),))
        now = replace(NOW_QUIET, mode="loud")
        await world.declare(muted)
        async with world.daemon():
            await asyncio.sleep(10)
            await save(world, Declaration(muted, (loud,), schedule=(now,)))
            await asyncio.sleep(2)
            await save(world, muted)
            await asyncio.sleep(10)
            assert heard(world, "dan") == 0

    run(story)


def test_half_of_a_file_exposes_nobody_when_an_override_ends_meanwhile() -> None:
    async def story() -> None:
        world = World()
        whole = room(ANN, replace(DAN, muted=True))
        await world.declare(whole)
        async with world.daemon():
            await asyncio.sleep(10)
            await override(world, 5.0, muted=True)
            await asyncio.sleep(4)
            await save(world, room(ANN, DAN))
            await asyncio.sleep(2.5)
            await save(world, whole)
            await asyncio.sleep(10)
            assert heard(world, "dan") == 0

    run(story)


def test_whom_an_edit_of_the_schedule_exposes_counts() -> None:
    async def story() -> None:
        world = World()
        await world.declare(scheduled(NOW_QUIET, exposures=0))
        async with world.daemon():
            await asyncio.sleep(10)
            await world.declare(scheduled(exposures=0))
            world.store.decide_on(ROOM, "edit")
            await asyncio.sleep(10)
            assert world.legs(ROOM)["dan"].muted
            held = (await world.store.ledger(ROOM, world.loop.time())).withheld
            assert set(held) == {GuardKind.EXPOSURES}

    run(story)


def test_silences_of_half_of_a_file_go_at_once() -> None:
    async def story() -> None:
        world = World()
        eve, fay = member("eve", hold=False), member("fay")
        await world.declare(room(ANN, DAN, eve, fay))
        async with world.daemon():
            await asyncio.sleep(10)
            wanted = replace(DAN, muted=True), replace(eve, hold=True)
            await save(world, replace(room(ANN, *wanted), unlisted=Unlisted.MUTE))
            await asyncio.sleep(0.5)
            legs = world.legs(ROOM)
            assert legs["dan"].muted
            assert legs["eve"].hold
            assert "fay" in legs

    run(story)


def test_a_ringing_phone_that_half_of_a_file_makes_a_coach_is_let_off_at_once() -> None:
    async def story() -> None:
        world = World()
        world.exchange.describe(SUP.to, Subscriber(answers_after=4))
        await world.declare(room(ANN, DAN, PLAIN_SUP))
        async with world.daemon():
            await asyncio.sleep(2)
            await save(world, room(ANN, DAN, SUP))
            await asyncio.sleep(1)
            assert "sup" not in world.legs(ROOM)
            await asyncio.sleep(20)
            assert world.legs(ROOM)["sup"].coaching
            assert heard(world, "sup") == 0

    run(story)


def test_what_a_person_says_for_a_time_waits_for_no_file() -> None:
    async def story() -> None:
        world = World()
        muted = room(ANN, replace(DAN, muted=True))
        await world.declare(muted)
        async with world.daemon():
            await asyncio.sleep(10)
            await save(world, muted)
            await override(world, 60.0, muted=False)
            await asyncio.sleep(2)
            assert not world.legs(ROOM)["dan"].muted

    run(story)


def test_what_a_file_says_that_nobody_reads_again_waits_for_a_person() -> None:
    async def story() -> None:
        world = World()
        await world.declare(room(ANN, replace(DAN, muted=True)))
        async with world.daemon() as daemon:
            await asyncio.sleep(10)
            await save(world, room(ANN, DAN, PLAIN_SUP), reread=False)
            await asyncio.sleep(120)
            assert rung(world, SUP) == 0
            assert world.legs(ROOM)["dan"].muted
            held = [
                each.kind
                for each in await world.store.events(ROOM, limit=100)
                if each.kind.startswith("withheld.")
            ]
            assert sorted(held) == [
                "withheld.unread-file-exposures",
                "withheld.unread-file-rings",
            ]
            assert daemon.observer.states[ROOM] == "stalled"
            await world.declare(room(ANN, DAN, PLAIN_SUP))
            await asyncio.sleep(60)
            assert rung(world, SUP) == 1
            assert not world.legs(ROOM)["dan"].muted

    run(story)
