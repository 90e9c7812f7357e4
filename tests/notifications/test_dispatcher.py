"""From an event in SQL to a receiver on loopback, and what can go wrong on the way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from msgspec import structs

from reconciler.engine.ports import Notes
from reconciler.model.event import Event
from reconciler.model.notice import Notice
from reconciler.model.notification import LONGEST_AGE_SECONDS, NotificationTarget
from reconciler.notifications.dispatcher import (
    FIRST_PAUSE_SECONDS,
    MOST_ATTEMPTS,
    Dispatcher,
)
from reconciler.notifications.http_sender import HttpSender
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.notifications.receiver import Receiver, receiving
from tests.sqlite_file import with_tables
from tests.store.samples import ANN, NOW, ROOM, load, roster, take

SECRET = "whsec_" + "A" * 32
LEFT = frozenset({Notice.LEFT})


@dataclass(slots=True)
class Clock:
    """The time, which only a test moves."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Desk:
    """One process that sends, with what it counts; rounds are made by hand."""

    store: SqlStore
    clock: Clock = field(default_factory=Clock)
    counted: list[tuple[str, str]] = field(default_factory=list)

    def dispatcher(
        self,
        *pairs: tuple[NotificationTarget, Receiver],
        owner: str = "one",
        seconds: float = 5.0,
    ) -> Dispatcher:
        targets = [
            replace(target, url=receiver.url, secret=SECRET)
            for target, receiver in pairs
        ]
        senders = {
            x.name: HttpSender.open(x.url or "", x.secret, seconds) for x in targets
        }
        return Dispatcher(
            outbox=self.store.outbox(owner, f"urn:uuid:{owner}"),
            targets=targets,
            senders=senders,
            clock=self.clock,
            sleep=asyncio.sleep,
            count=lambda result, target: self.counted.append((result, target)),
        )

    async def tell(self, *labels: str, kind: str = "attempt.ended") -> None:
        notice = "left" if kind == "attempt.ended" else None
        told = [
            Event(ROOM, self.clock(), kind, "m", label=x, notice=notice) for x in labels
        ]
        await self.store.note(await take(self.store), Notes(events=tuple(told)), NOW)

    async def started(self, dispatcher: Dispatcher) -> Dispatcher:
        await dispatcher.collect()
        return dispatcher


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with await open_store(
        f"sqlite:///{with_tables(tmp_path / 'store.db')}"
    ) as store:
        yield Desk(store)


def target(name: str = "ops", **more: object) -> NotificationTarget:
    return replace(NotificationTarget(name, kinds=LEFT), **more)  # type: ignore[arg-type]


async def cycle(dispatcher: Dispatcher) -> list[float]:
    await dispatcher.collect()
    return [await dispatcher.send_due(each) for each in dispatcher.targets]


async def test_events_arrive_in_their_order(desk: Desk) -> None:
    async with receiving() as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann", "bob", "cara")
        await cycle(sends)
        assert receiver.labels == ["ann", "bob", "cara"]
        await cycle(sends)
        assert len(receiver.requests) == 3
        assert desk.counted == [("sent", "ops")] * 3


async def test_after_a_503_the_same_event_comes_again_before_later_ones(
    desk: Desk,
) -> None:
    async with receiving(lambda n: "200 OK" if n else "503 Busy") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann", "bob")
        assert await cycle(sends) == [FIRST_PAUSE_SECONDS]
        assert receiver.labels == ["ann"]
        desk.clock.now += FIRST_PAUSE_SECONDS
        await cycle(sends)
        assert receiver.labels == ["ann", "ann", "bob"]
        first, again, _ = receiver.requests
        assert first.event["id"] == again.event["id"]
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        assert desk.counted == [("retried", "ops"), ("sent", "ops"), ("sent", "ops")]


async def test_pauses_grow_and_follow_what_the_receiver_asks_for(desk: Desk) -> None:
    asked = "503 Busy\r\nRetry-After: 70"
    async with receiving(lambda n: asked if n == 2 else "503 Busy") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann")
        pauses = []
        for _ in range(4):
            pauses += await cycle(sends)
            desk.clock.now += pauses[-1]
        assert pauses == [5.0, 10.0, 70.0, 40.0]


async def test_a_refusal_does_not_hold_up_what_comes_later(desk: Desk) -> None:
    async with receiving(lambda n: "200 OK" if n else "400 No") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann", "bob")
        await cycle(sends)
        assert receiver.labels == ["ann", "bob"]


async def test_a_redirect_is_not_followed(desk: Desk) -> None:
    async with receiving() as other:
        moved = f"302 Found\r\nLocation: {other.url}"
        async with receiving(lambda _: moved) as receiver:
            sends = await desk.started(desk.dispatcher((target(), receiver)))
            await desk.tell("ann")
            await cycle(sends)
            assert len(receiver.requests) == 1
    assert other.requests == []
    assert desk.counted == [("retried", "ops")]


async def test_after_enough_attempts_it_is_given_up_and_an_event(desk: Desk) -> None:
    async with receiving(lambda _: "503 Busy") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann")
        for _ in range(MOST_ATTEMPTS + 2):
            await cycle(sends)
            desk.clock.now += 900.0
        assert len(receiver.requests) == MOST_ATTEMPTS
        assert desk.counted[-1] == ("failed", "ops")
        (last,) = await desk.store.events(ROOM, limit=1)
        assert last.kind == "notification.failed"
        assert last.message.endswith("(attempt.ended): HTTP 503")


async def test_nothing_is_sent_again_a_day_after_the_event(desk: Desk) -> None:
    async with receiving(lambda _: "503 Busy") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann")
        await cycle(sends)
        desk.clock.now += LONGEST_AGE_SECONDS
        await cycle(sends)
        assert desk.counted == [("retried", "ops"), ("failed", "ops")]


async def test_another_process_goes_on_where_one_was_killed(desk: Desk) -> None:
    async with receiving(lambda n: "200 OK" if n else "503 Busy") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver)))
        await desk.tell("ann")
        await cycle(sends)
        await desk.tell("bob")
        desk.clock.now += 61
        restarted = desk.dispatcher((target(), receiver), owner="two")
        await cycle(restarted)
        assert receiver.labels == ["ann", "ann", "bob"]
        assert len({each.event["source"] for each in receiver.requests}) == 1


async def test_of_two_daemons_one_sends(desk: Desk) -> None:
    async with receiving() as receiver:
        one = await desk.started(desk.dispatcher((target(), receiver)))
        two = desk.dispatcher((target(), receiver), owner="two")
        await desk.tell("ann", "bob")
        await one.collect()
        assert not await two.collect()
        await two.send_due(two.targets[0])
        assert receiver.requests == []
        await cycle(one)
        await cycle(two)
        assert receiver.labels == ["ann", "bob"]


async def test_a_target_hears_of_its_kinds_and_rooms(desk: Desk) -> None:
    async with receiving() as all_, receiving() as withheld, receiving() as other:
        sends = await desk.started(
            desk.dispatcher(
                (target("all", kinds=frozenset(Notice), rooms=("x", ROOM)), all_),
                (target("held", kinds=frozenset({Notice.WITHHELD})), withheld),
                (target("other", rooms=("other-*",)), other),
            )
        )
        await desk.tell("ann")
        await desk.tell("bob", kind="withheld.removals")
        await desk.tell("cara", kind="ring.done")
        await cycle(sends)
        assert all_.labels == ["ann", "bob"]
        assert withheld.labels == ["bob"]
        assert other.requests == []


async def test_without_kinds_a_target_hears_of_what_the_roster_asks_for(
    desk: Desk,
) -> None:
    async with receiving() as receiver:
        sends = await desk.started(
            desk.dispatcher((target(kinds=None), receiver)),
        )
        await desk.tell("ann")
        await cycle(sends)
        await load(desk.store, structs.replace(roster(ANN), notify=("left",)))
        await desk.tell("bob")
        await cycle(sends)
        assert receiver.labels == ["bob"]


async def test_a_receiver_that_hangs_delays_neither_the_loop_nor_another_target(
    desk: Desk,
) -> None:
    async with receiving(lambda _: "") as hangs, receiving() as answers:
        sends = await desk.started(
            desk.dispatcher((target("hangs"), hangs), (target("ok"), answers))
        )
        await desk.tell("ann")
        running = asyncio.create_task(sends.run())
        await hangs.has(1)
        await answers.has(1)
        began = asyncio.get_running_loop().time()
        await desk.tell("bob")
        await answers.has(2)
        assert asyncio.get_running_loop().time() - began < 4
        assert answers.labels == ["ann", "bob"]
        assert hangs.labels == ["ann"]
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_receiver_that_does_not_answer_in_time_is_asked_again(
    desk: Desk,
) -> None:
    async with receiving(lambda n: "200 OK" if n else "") as receiver:
        sends = await desk.started(desk.dispatcher((target(), receiver), seconds=0.2))
        await desk.tell("ann")
        await cycle(sends)
        desk.clock.now += FIRST_PAUSE_SECONDS
        await cycle(sends)
        first, again = receiver.requests
        assert first.event["id"] == again.event["id"]
