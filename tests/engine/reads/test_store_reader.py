"""Rooms are read together, and one that cannot be read holds up no other for long."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.engine.desired_room import Desired
from reconciler.engine.reads.store_reader import BATCH_READ_SECONDS, BatchReader
from reconciler.model.errors import StoreError
from reconciler.model.ledger import Ledger
from tests.engine.world import Records, member, roster, run

ROOMS = tuple(f"room-{number}" for number in range(6))
BAD = ROOMS[2]


class Shelf(Records):
    """Takes a while for each read, and remembers which there were."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[str, ...]] = []
        self.seconds = 0.1

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, tuple[Desired | None, Ledger]]:
        self.reads.append(tuple(rooms))
        await asyncio.sleep(self.seconds)
        return await super().read(rooms, now)


async def shelf() -> tuple[Shelf, BatchReader]:
    loop = asyncio.get_running_loop()
    store = Shelf()
    rosters = [roster(room, member("ann")) for room in ROOMS]
    await store.load(rosters, folder=None, now=loop.time(), cause="test")
    return store, BatchReader(store, loop.time)


async def timed(reader: BatchReader, room: str) -> tuple[Any, float]:
    """What is read of *room*, or the error, and the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        found: Any = await reader.of(room)
    except (StoreError, ZeroDivisionError) as error:
        found = error
    return found, loop.time() - began


def rooms_of(found: Sequence[tuple[Any, float]]) -> list[str]:
    return [each[0].roster.room for each, _ in found]


def test_rooms_that_are_looked_at_together_are_read_together() -> None:
    async def story() -> None:
        store, reader = await shelf()
        found = await asyncio.gather(*(timed(reader, room) for room in ROOMS))
        assert rooms_of(found) == [*ROOMS]
        assert store.reads == [ROOMS]
        assert all(seconds == pytest.approx(0.1) for _, seconds in found)

    run(story)


def test_a_room_alone_is_read_once() -> None:
    async def story() -> None:
        store, reader = await shelf()
        assert rooms_of([await timed(reader, BAD)]) == [BAD]
        assert store.reads == [(BAD,)]

    run(story)


def test_what_is_read_is_never_older_than_the_question() -> None:
    async def story() -> None:
        store, reader = await shelf()
        early = [asyncio.create_task(reader.of(room)) for room in ROOMS]
        await asyncio.sleep(0.05)
        now = asyncio.get_running_loop().time()
        late = asyncio.create_task(reader.of(BAD))
        edited = roster(BAD, member("ann"), member("bob"))
        await asyncio.sleep(0.049)
        await store.load([edited], folder=None, now=now, cause="test")
        desired, ledger = await late
        assert desired is not None
        assert desired.roster == edited
        assert ledger.watermark.next == store.tables.turn + 1
        await asyncio.gather(*early)

    run(story)


@pytest.mark.parametrize("spoilt", ["unreadable", "poisoned"])
def test_a_spoilt_row_is_told_to_its_own_room_only_and_at_once(spoilt: str) -> None:
    async def story() -> None:
        store, reader = await shelf()
        setattr(store, spoilt, BAD)
        found = await asyncio.gather(*(timed(reader, room) for room in ROOMS))
        good = [each for room, each in zip(ROOMS, found, strict=True) if room != BAD]
        assert rooms_of(good) == [room for room in ROOMS if room != BAD]
        assert isinstance(found[2][0], StoreError | ZeroDivisionError)
        assert all(seconds < 0.3 for _, seconds in found)

    run(story)


def test_a_row_that_is_stuck_holds_up_the_others_for_no_longer_than_it_may() -> None:
    async def story() -> None:
        store, reader = await shelf()
        store.stuck = BAD
        asked = {room: asyncio.create_task(timed(reader, room)) for room in ROOMS}
        stuck = asked.pop(BAD)
        found = await asyncio.gather(*asked.values())
        assert rooms_of(found) == [*asked]
        assert all(seconds < BATCH_READ_SECONDS + 0.3 for _, seconds in found)
        await asyncio.sleep(60)
        assert not stuck.done()
        again = await asyncio.gather(*(timed(reader, room) for room in asked))
        assert all(seconds < 0.2 for _, seconds in again)
        stuck.cancel()

    run(story)


def test_a_database_that_is_away_is_told_to_everybody() -> None:
    async def story() -> None:
        store, reader = await shelf()
        store.away = True
        found = await asyncio.gather(*(timed(reader, room) for room in ROOMS))
        assert {type(each) for each, _ in found} == {StoreError}
        store.away = False
        assert rooms_of([await timed(reader, BAD)]) == [BAD]

    run(story)


def test_whoever_gives_up_takes_nothing_from_the_others() -> None:
    async def story() -> None:
        _, reader = await shelf()
        asked = [asyncio.create_task(timed(reader, room)) for room in ROOMS]
        await asyncio.sleep(0.05)
        asked[0].cancel()
        assert rooms_of(await asyncio.gather(*asked[1:])) == [*ROOMS[1:]]

    run(story)


def test_closing_ends_a_read_that_is_stuck() -> None:
    async def story() -> None:
        store, reader = await shelf()
        store.stuck = BAD
        asked = [asyncio.create_task(reader.of(room)) for room in ROOMS]
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await reader.close()
        assert loop.time() == began
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(each) for each in ends} == {asyncio.CancelledError}

    run(story)
