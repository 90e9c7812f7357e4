"""Leases follow the clock of the database's server, on whatever machine they are held."""

import time
from collections.abc import AsyncIterator, Callable

import pytest

from reconciler.engine.ports import Notes
from reconciler.model.errors import RoomBusy
from reconciler.model.event import Event
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, ROOM, load, roster

FAST = 600.0
"""Seconds by which the clock of one machine is ahead of the server's."""

TTL = 30.0


def fast() -> float:
    return time.time() + FAST


@pytest.fixture
async def machines(url: str) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """The same database, from a machine whose clock is right and from one that is fast."""
    async with await open_store(url) as right, await open_store(url) as wrong:
        await right.compare_clocks(time.time)
        await wrong.compare_clocks(fast)
        if not url.startswith("sqlite"):
            assert abs(right.clock_ahead) < 60
            assert abs(wrong.clock_ahead - FAST) < 60
        yield right, wrong


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_fast_clock_takes_no_lease_that_holds(
    machines: tuple[SqlStore, SqlStore],
) -> None:
    right, wrong = machines
    lease = await right.acquire(ROOM, "right", time.time(), TTL)
    with pytest.raises(RoomBusy, match=r"\(right\); the lock expires in [123]\d s"):
        await wrong.acquire(ROOM, "wrong", fast(), TTL)
    await right.renew(lease, time.time(), TTL)
    assert await wrong.held(ROOM, fast())


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_lease_of_a_fast_clock_runs_out_in_time(
    machines: tuple[SqlStore, SqlStore],
) -> None:
    right, wrong = machines
    lease = await wrong.acquire(ROOM, "wrong", fast(), TTL)
    assert lease.expires_at > fast()
    later = time.time() + 2 * TTL
    assert not await right.held(ROOM, later)
    taken = await right.acquire(ROOM, "right", later, TTL)
    assert taken.fencing_token == lease.fencing_token + 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_whoever_holds_a_lease_may_write_by_a_fast_clock(
    machines: tuple[SqlStore, SqlStore],
) -> None:
    right, wrong = machines
    await load(right, roster(ANN))
    lease = await wrong.acquire(ROOM, "wrong", fast(), TTL)
    told = Notes(events=(Event(room=ROOM, at=fast(), kind="told", message="told"),))
    await wrong.note(lease, told, fast())
    assert await wrong.version(lease, fast()) is not None
    lease = await wrong.renew(lease, fast(), TTL)
    assert lease.expires_at > fast()
    assert (await right.ledger(ROOM, time.time())).last_free_token is None
    await wrong.release(lease, told, fast())
    assert (await right.ledger(ROOM, time.time())).last_free_token == 1


async def test_a_clock_that_is_compared_slowly_is_not_believed(url: str) -> None:
    async with await open_store(url) as store:
        times: Callable[[], float] = iter((1000.0, 1002.0)).__next__
        if url.startswith("sqlite"):
            assert await store.compare_clocks(time.time) == 0.0
        else:
            assert await store.compare_clocks(times) == 0.0


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_database_on_this_machine_has_its_clock(
    machines: tuple[SqlStore, SqlStore],
) -> None:
    assert [each.clock_ahead for each in machines] == [0.0, 0.0]
