"""Marks reach the daemon that holds the room, in bursts, and after gaps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from msgspec.structs import replace

from reconciler.engine.loop.decision_feed import CHANNEL
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.waiting import wait_for_event
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall, ReportSource
from reconciler.scale import room_marks
from reconciler.scale.direct_connection import direct_conninfo
from reconciler.scale.room_marks import (
    MOST_EVENTS,
    MOST_REPORTS,
    MarkListener,
    MarkSender,
    RoomMark,
)
from reconciler.store.migration import upgrade_at
from reconciler.store.opening import open_store
from reconciler.store.queries.operator_decision import Decision
from reconciler.webhooks.stream_fact import LONGEST_ADDRESS, LONGEST_LABEL
from tests.postgres_server import Server, postgres
from tests.store.samples import ANN, NOW, ROOM, load, roster

PATIENCE = 120.0


@pytest.fixture
def bare(server: Server) -> str:
    return direct_conninfo(server.url(server.create()))


@dataclass
class Ears:
    """A daemon's listener, and what it heard."""

    conninfo: str
    marks: list[RoomMark] = field(default_factory=list)
    decisions: int = 0
    gaps: int = 0
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    listener: MarkListener = field(init=False)

    def __post_init__(self) -> None:
        self.listener = MarkListener(self.conninfo, self.mark, self.decided, self.gap)

    def mark(self, mark: RoomMark) -> None:
        self.marks.append(mark)
        self.stirred.set()

    def decided(self) -> None:
        self.decisions += 1
        self.stirred.set()

    def gap(self) -> None:
        self.gaps += 1
        self.stirred.set()

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                self.stirred.clear()
                await wait_for_event(self.stirred, 0.05)


@asynccontextmanager
async def listening(conninfo: str, sender: MarkSender) -> AsyncIterator[Ears]:
    ears = Ears(conninfo)
    tasks = [asyncio.create_task(each.run()) for each in (ears.listener, sender)]
    try:
        await ears.until(lambda: ears.gaps == 1)
        yield ears
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def mark(room: str, lane: Priority = Priority.WEBHOOK) -> RoomMark:
    return RoomMark(room, lane, "webhook participant-leave", "CF1")


async def test_a_mark_comes_as_it_was_sent(bare: str) -> None:
    sender = MarkSender(bare)
    async with listening(bare, sender) as ears:
        sender.send(mark("räum 1"))
        await ears.until(lambda: bool(ears.marks))
        assert ears.marks == [mark("räum 1")]


async def test_the_longest_mark_comes_as_it_was_sent(bare: str) -> None:
    """A notification has at most 8,000 bytes; one that is longer stops all others."""
    event = LegEvent(
        f"CF{0:032x}", f"CA{0:032x}", 10**9 - 1, 1.7e9 + 0.123456, 1.7e9 + 1.123456,
        muted=False, hold=False, coaching=False,
    )  # fmt: skip
    to = "sip:" + "a" * (LONGEST_ADDRESS - 4)
    report = ReportedCall(
        f"CA{0:032x}", ReportSource.EVENT_STREAMS, "\U0001f408" * LONGEST_LABEL, to
    )
    sender = MarkSender(bare)
    longest = replace(
        mark("\U0001f408" * 128),
        conference_sid=f"CF{0:032x}",
        events=(event,) * (MOST_EVENTS + 1),
        reports=(report,) * (MOST_REPORTS + 1),
    )
    async with listening(bare, sender) as ears:
        sender.send(longest)
        await ears.until(lambda: bool(ears.marks))
        (come,) = ears.marks
        assert len(come.events) == MOST_EVENTS
        assert come.reports == (report,) * MOST_REPORTS


async def test_a_burst_comes_whole_and_each_room_once(bare: str) -> None:
    sender = MarkSender(bare)
    for number in range(1_200):
        sender.send(mark(f"room {number}", Priority.RETRY))
        sender.send(mark(f"room {number}"))
    async with listening(bare, sender) as ears:
        sender.send(mark("last"))
        await ears.until(lambda: ears.marks[-1:] == [mark("last")])
        rooms = [each.room for each in ears.marks]
        assert len(rooms) == len(set(rooms))
        await ears.until(lambda: sender.sent >= 1_201)  # counted once it is answered
        assert sender.sent == 1_201


async def test_a_decision_rings_at_its_commit_and_one_undone_does_not(
    server: Server,
) -> None:
    url = server.url(server.create())
    await upgrade_at(url)
    conninfo = direct_conninfo(url)
    async with (
        listening(conninfo, MarkSender(conninfo)) as ears,
        await open_store(url) as store,
    ):
        await load(store, roster(ANN))
        await ears.until(lambda: ears.decisions == 1)
        await store.redial(Decision(ROOM, NOW, "ops"), "nobody")
        await store.redial(Decision(ROOM, NOW, "ops"), "ann")
        await ears.until(lambda: ears.decisions == 2)


@pytest.mark.parametrize(
    "payload", ["x", "[]", "{}", '{"room": "a", "lane": 99, "cause": ""}', "null", "7"]
)
async def test_what_another_program_notifies_is_passed_over(
    bare: str, payload: str
) -> None:
    sender = MarkSender(bare)
    async with listening(bare, sender) as ears:
        async with await psycopg.AsyncConnection.connect(bare) as theirs:
            await theirs.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
        sender.send(mark("ours"))
        await ears.until(lambda: bool(ears.marks))
        assert ears.marks == [mark("ours")]


async def test_marks_that_wait_for_the_database_are_bounded(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_marks, "MOST_WAITING", 2)
    sender = MarkSender(bare)
    for room in ("a", "b", "c", "a"):
        sender.send(mark(room))
    assert list(sender._waiting) == ["b", "a"]


@pytest.mark.process
async def test_after_a_restart_of_the_server_marks_go_on_and_none_is_lost() -> None:
    with postgres() as server:
        url = server.get_uri()
        await upgrade_at(url)
        conninfo = direct_conninfo(url)
        sender = MarkSender(conninfo)
        async with listening(conninfo, sender) as ears:
            sender.send(mark("before"))
            await ears.until(lambda: bool(ears.marks))
            await asyncio.to_thread(server.stop)
            sender.send(mark("meanwhile"))
            await asyncio.to_thread(server.start)
            await ears.until(lambda: ears.gaps >= 2)
            await ears.until(lambda: sender.sent == 2 or bool(ears.marks[1:]))
            sender.send(mark("after"))
            await ears.until(lambda: ears.marks[-1] == mark("after"))
