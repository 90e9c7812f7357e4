"""Times of calls that processes reserve: one timeline an account, never twice."""

import asyncio
from itertools import pairwise

from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.store.samples import NOW

SID, OTHER = "AC" + "a" * 32, "AC" + "b" * 32
GAP = 10.0


async def test_whoever_asks_next_waits_behind_what_is_reserved(
    store: SqlStore,
) -> None:
    mine, theirs = store.of_account("default", SID), store.of_account("europe", OTHER)
    first = await mine.reserve_calls(3, GAP, NOW)
    second = await mine.reserve_calls(1, GAP, NOW)
    assert first.wait_seconds < 1.0
    assert 25.0 < second.wait_seconds <= 30.0
    assert (first.calls, first.gap_seconds) == (3, GAP)
    assert (await theirs.reserve_calls(1, GAP, NOW)).wait_seconds < 1.0


async def test_what_nobody_reserved_in_time_is_not_kept_for_later(
    store: SqlStore,
) -> None:
    mine = store.of_account("default", SID)
    await mine.reserve_calls(1, 0.001, NOW)
    later = await mine.reserve_calls(1, GAP, NOW + 60.0)
    assert abs(later.wait_seconds) < 1.0


async def test_processes_that_ask_at_once_get_times_of_their_own(url: str) -> None:
    async def ask(store: SqlStore) -> float:
        found = await store.of_account("default", SID).reserve_calls(1, GAP, NOW)
        return found.wait_seconds

    stores = [await open_store(url) for _ in range(4)]
    try:
        waits = sorted(await asyncio.gather(*(ask(each) for each in stores * 3)))
    finally:
        for each in stores:
            await each.close()
    assert all(after - before > 0.5 * GAP for before, after in pairwise(waits))
