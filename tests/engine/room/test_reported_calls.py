"""A lost create whose call is over before any look: events tell which call it made."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.reported_call_buffer import (
    MOST_REPORTS,
    ReportedCallBuffer,
)
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.reported_call import ReportedCall, ReportSource
from reconciler.model.roster import Member
from reconciler.simulator.exchange.people import People, Subscriber
from reconciler.simulator.exchange.second_sources import SecondSources
from tests.engine.room.test_phones import calls_to, load, lose_creates
from tests.engine.world import Daemon, World, member, roster, run

ANN = member("ann")
BUSY = People({ANN.to: Subscriber(busy=9)})


def live(
    story: Callable[[World, Daemon], Awaitable[None]],
    *,
    insights_seconds: float | None = None,
    resync: float = 2.0,
    **daemon_options: Any,
) -> None:
    async def lived() -> None:
        world = World(people=BUSY)
        world.exchange.second_sources = SecondSources(None, insights_seconds)
        async with world.daemon(resync=resync, **daemon_options) as daemon:
            await story(world, daemon)

    run(lived)


async def two_calls(world: World, daemon: Daemon) -> str:
    """A lost create, and another system's call to the same phone at once; our call."""
    lose_creates(daemon, effect=True)
    foreign = {"To": (ANN.to,), "From": (ANN.sender,), "Label": ("other",)}
    world.exchange.create_participant("foreign", foreign)
    await load(world, roster("alpha", ANN))
    await asyncio.sleep(60)
    assert daemon.observer.states["alpha"] is RoomPhase.STALLED
    participants = world.exchange.state.participants.values()
    (ours,) = [x.latest for x in participants if x.latest.label == "ann"]
    return ours.call_sid


async def attempt_of(world: World, label: str = "ann") -> Attempt:
    kept = await world.store.ledger("alpha", world.loop.time())
    return kept.records[label].attempts[-1]


def report(call_sid: str, who: Member = ANN) -> ReportedCall:
    return ReportedCall(call_sid, ReportSource.EVENT_STREAMS, who.label, who.to)


def tell(daemon: Daemon, call: ReportedCall) -> bool:
    """As the receiver of Event Streams does."""
    news = daemon.controller.reported_call("alpha", call)
    daemon.controller.mark("alpha", Priority.WEBHOOK, "event-stream")
    return news


def test_an_event_settles_a_lost_create_that_would_wait_for_a_person() -> None:
    async def story(world: World, daemon: Daemon) -> None:
        ours = await two_calls(world, daemon)
        before = calls_to(world, ANN)
        assert tell(daemon, report(ours))
        assert not tell(daemon, report(ours))
        await asyncio.sleep(1)
        first = (await world.store.ledger("alpha", world.loop.time())).records["ann"]
        settled = next(x for x in first.attempts if x.call_sid == ours)
        assert (settled.state, settled.outcome) == (
            AttemptState.ENDED,
            CallOutcome.BUSY,
        )
        assert await said(world, "Event Streams reports the call")
        assert before == 2

    live(story)


def test_an_event_of_a_call_that_is_not_there_rings_nobody() -> None:
    """A report is where to look. What is not found leaves the attempt as it is."""

    async def story(world: World, daemon: Daemon) -> None:
        await two_calls(world, daemon)
        tell(daemon, report("CA" + "9" * 32))
        foreign = next(
            x.latest.call_sid
            for x in world.exchange.state.participants.values()
            if x.latest.label == "other"
        )
        tell(daemon, ReportedCall(foreign, ReportSource.EVENT_STREAMS, "other", ANN.to))
        await asyncio.sleep(60)
        assert (await attempt_of(world)).state is AttemptState.UNKNOWN
        assert calls_to(world, ANN) == 2

    live(story)


def test_an_event_that_comes_before_the_create_is_known_lost_is_kept() -> None:
    async def story(world: World, daemon: Daemon) -> None:
        lose_creates(daemon, effect=True)
        foreign = {"To": (ANN.to,), "From": (ANN.sender,), "Label": ("other",)}
        world.exchange.create_participant("foreign", foreign)
        await load(world, roster("alpha", ANN))
        await asyncio.sleep(0.3)
        for each in list(world.exchange.state.participants.values()):
            call = ReportedCall(
                each.latest.call_sid,
                ReportSource.EVENT_STREAMS,
                each.latest.label or "",
                ANN.to,
            )
            tell(daemon, call)
        await asyncio.sleep(60)
        assert await said(world, "Event Streams reports the call")

    live(story)


def insights_requests(daemon: Daemon) -> int:
    return sum(path.startswith("/v1/") for _, _, path in daemon.wire.requests)


async def said(world: World, what: str) -> bool:
    events = await world.store.events("alpha", limit=200)
    return any(what in each.message for each in events)


def test_voice_insights_settles_a_lost_create_once_its_summary_is_complete() -> None:
    """The summary is complete after ten minutes; until then a person is waited for."""

    async def story(world: World, daemon: Daemon) -> None:
        ours = await two_calls(world, daemon)
        await asyncio.sleep(480)
        assert (await attempt_of(world)).state is AttemptState.UNKNOWN
        assert 0 < insights_requests(daemon) <= 2 * 3
        await asyncio.sleep(600)
        assert await said(world, "Voice Insights reports the call")
        kept = (await world.store.ledger("alpha", world.loop.time())).records["ann"]
        assert [x.outcome for x in kept.attempts if x.call_sid == ours] == [
            CallOutcome.BUSY
        ]

    live(story, insights_seconds=600.0, insights=True, resync=30.0)


def test_a_call_that_was_never_made_is_not_settled_by_the_lack_of_a_summary() -> None:
    async def story(world: World, daemon: Daemon) -> None:
        lose_creates(daemon, effect=False)
        await load(world, roster("alpha", ANN))
        await asyncio.sleep(700)
        assert (await attempt_of(world)).state is AttemptState.UNKNOWN
        assert calls_to(world, ANN) == 0
        assert daemon.observer.states["alpha"] is RoomPhase.STALLED

    live(story, insights_seconds=0.0, insights=True, resync=30.0)


def test_an_account_without_the_feature_waits_for_a_person_as_before() -> None:
    async def story(world: World, daemon: Daemon) -> None:
        await two_calls(world, daemon)
        await asyncio.sleep(700)
        assert (await attempt_of(world)).state is AttemptState.UNKNOWN
        assert 0 < insights_requests(daemon) <= 2
        assert daemon.observer.states["alpha"] is RoomPhase.STALLED

    live(story, insights=True, resync=30.0)


def test_without_the_setting_voice_insights_is_never_asked() -> None:
    async def story(world: World, daemon: Daemon) -> None:
        await two_calls(world, daemon)
        assert insights_requests(daemon) == 0

    live(story, insights_seconds=0.0)


def test_reports_of_a_room_are_bounded_and_go_with_it() -> None:
    buffer = ReportedCallBuffer()
    reports = [report(f"CA{number:032x}") for number in range(MOST_REPORTS + 3)]
    assert all(buffer.add("alpha", each) for each in reports)
    assert not buffer.add("alpha", reports[-1])
    assert buffer.of("alpha") == tuple(reports[3:])
    buffer.forget(["alpha"])
    assert buffer.of("alpha") == ()
