"""Renamed members, people who move, renamed rooms: no phone rings twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.ledger import Elsewhere
from reconciler.model.roster import Member, Roster
from reconciler.planning.absence import FOUND_IN_CALLS
from reconciler.store.queries.operator_decision import Decision
from tests.engine.world import Daemon, World, member, roster, run

FOLDER = "/desired"


async def load(world: World, *rosters: Roster) -> None:
    now = world.loop.time()
    await world.store.load(rosters, folder=FOLDER, now=now, cause="test")


def calls_to(world: World, phone: Member) -> int:
    return sum(
        each.latest.to == phone.to for each in world.exchange.state.calls.values()
    )


def lose_creates(daemon: Daemon, *, effect: bool, times: int = 1) -> None:
    """Let the answers to the next creates be lost, with or without their effect."""
    handle, left = daemon.wire.handle_async_request, [times]

    async def losing(request: httpx.Request) -> httpx.Response:
        create = request.method == "POST" and "Participants.json" in request.url.path
        if not create or not left[0]:
            return await handle(request)
        left[0] -= 1
        if effect:
            await handle(request)
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise httpx.ReadError("lost")

    daemon.wire.handle_async_request = losing  # type: ignore[method-assign]


def live(story: Callable[[World, Daemon], Awaitable[None]], **exchange: Any) -> None:
    async def lived() -> None:
        world = World(**exchange)
        async with world.daemon(resync=2.0) as daemon:
            await story(world, daemon)

    run(lived)


def renamed(phone: Member, label: str) -> Member:
    return Member(label, phone.to, phone.sender)


def test_a_label_renamed_while_its_call_is_lost_rings_the_phone_once() -> None:
    ann = member("ann")

    async def story(world: World, daemon: Daemon) -> None:
        lose_creates(daemon, effect=True)
        await load(world, roster("alpha", ann))
        await asyncio.sleep(0.5)
        for label in ("anna", "ann", "anna"):
            await load(world, roster("alpha", renamed(ann, label)))
            await asyncio.sleep(5)
        await asyncio.sleep(60)
        assert calls_to(world, ann) == 1
        assert len(world.legs("alpha")) == 1

    live(story)


def test_a_renamed_room_rings_nobody_and_undoing_that_rings_nobody_either() -> None:
    people = [member(x) for x in ("ann", "bob", "cara")]

    async def story(world: World, daemon: Daemon) -> None:
        assert daemon.task is not None
        await load(world, roster("support-line", *people))
        await asyncio.sleep(10)
        assert len(world.legs("support-line")) == 3
        await load(world, roster("support_line", *people))
        await asyncio.sleep(30)
        await load(world, roster("support-line", *people))
        await asyncio.sleep(30)
        assert [calls_to(world, each) for each in people] == [1, 1, 1]

    live(story)


def test_a_person_who_moves_is_rung_once_the_first_call_is_over() -> None:
    ann, bob, cara = member("ann"), member("bob"), member("cara")

    async def story(world: World, daemon: Daemon) -> None:
        assert daemon.task is not None
        await load(world, roster("alpha", ann, bob), roster("beta", cara))
        await asyncio.sleep(10)
        await load(world, roster("alpha", bob), roster("beta", cara, ann))
        await asyncio.sleep(30)
        assert set(world.legs("alpha")) == {"bob"}
        assert set(world.legs("beta")) == {"cara", "ann"}
        made = [
            each.latest
            for each in world.exchange.state.calls.values()
            if each.latest.to == ann.to
        ]
        assert len(made) == 2
        first, second = sorted(made, key=lambda each: each.created_at)
        assert first.ended_at is not None
        assert first.ended_at <= second.created_at

    live(story)


def test_a_room_takes_no_call_of_another_for_its_own_lost_one() -> None:
    ann = member("ann")

    async def story(world: World, daemon: Daemon) -> None:
        lose_creates(daemon, effect=False)
        await load(world, roster("alpha", ann))
        await asyncio.sleep(0.5)
        await load(world, roster("alpha", ann), roster("beta", ann))
        await asyncio.sleep(40)
        assert calls_to(world, ann) == 0
        (lost,) = world.store.tables.attempts.values()
        await world.store.resolve(
            Decision("alpha", world.loop.time(), "sue"), "ann", rung=False
        )
        await asyncio.sleep(40)
        assert calls_to(world, ann) == 2
        assert set(world.legs("alpha")) == set(world.legs("beta")) == {"ann"}
        assert lost.call_sid is None

    live(story)


def delay_create(daemon: Daemon, seconds: float) -> None:
    """Let the next create reach Twilio late."""
    handle, left = daemon.wire.handle_async_request, [1]

    async def late(request: httpx.Request) -> httpx.Response:
        create = request.method == "POST" and "Participants.json" in request.url.path
        if create and left[0]:
            left[0] = 0
            await request.extensions["trace"]("http11.send_request_headers.started", {})
            await asyncio.sleep(seconds)
        return await handle(request)

    daemon.wire.handle_async_request = late  # type: ignore[method-assign]


@pytest.mark.parametrize(("said_at", "rung"), [(1.0, True), (9.0, False)])
def test_a_person_does_not_free_a_phone_whose_create_may_still_arrive(
    said_at: float,
    *,
    rung: bool,
) -> None:
    ann = member("ann")

    async def story(world: World, daemon: Daemon) -> None:
        delay_create(daemon, 12.0)
        await load(world, roster("alpha", ann))
        await asyncio.sleep(0.5)
        await load(world, roster("alpha"), roster("beta", ann))
        await asyncio.sleep(said_at)
        for room in ("alpha", "beta"):
            assert not await world.store.resolve(
                Decision(room, world.loop.time(), "sue"), "ann", rung=rung
            )
        await asyncio.sleep(10.0 - said_at)
        assert calls_to(world, ann) == 0
        await asyncio.sleep(10.0)
        assert calls_to(world, ann) == 1

    live(story)


def test_a_phone_in_two_rooms_is_rung_for_one_after_the_other() -> None:
    ann = member("ann")

    async def story(world: World, daemon: Daemon) -> None:
        assert daemon.task is not None
        await load(world, roster("alpha", ann), roster("beta", ann))
        await asyncio.sleep(30)
        made = [each.latest for each in world.exchange.state.calls.values()]
        first, second = sorted(made, key=lambda each: each.created_at)
        assert first.answered_at is not None
        assert first.answered_at <= second.created_at
        assert set(world.legs("alpha")) == set(world.legs("beta")) == {"ann"}
        for room in ("alpha", "beta"):
            (other,) = (await world.store.ledger(room, 0.0)).elsewhere
            assert isinstance(other, Elsewhere)
            assert other.listed

    live(story)


def test_a_call_of_another_system_to_the_same_phone_is_not_taken_for_ours() -> None:
    """It is found in the calls list in place of a create that had no effect."""
    ann = member("ann")

    async def story(world: World, daemon: Daemon) -> None:
        lose_creates(daemon, effect=False)
        await load(world, roster("alpha", ann))
        await asyncio.sleep(0.5)
        foreign = {"To": (ann.to,), "From": (ann.sender,), "Label": ("other",)}
        world.exchange.create_participant("foreign", foreign)
        await asyncio.sleep(60)
        ledger = await world.store.ledger("alpha", world.loop.time())
        (attempt,) = ledger.records["ann"].attempts
        assert attempt.reason == FOUND_IN_CALLS
        assert daemon.observer.states["alpha"] is RoomPhase.STALLED
        assert calls_to(world, ann) == 1

    live(story)
