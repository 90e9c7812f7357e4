"""Reading that nobody waits for when the process stops."""

import asyncio
import threading

import pytest

from reconciler.bootstrap.thread import in_thread


async def test_a_result_comes_back() -> None:
    assert await in_thread(lambda: 7) == 7


async def test_an_error_is_raised_where_it_is_awaited() -> None:
    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await in_thread(fail)


async def test_who_cancels_does_not_wait_for_the_work() -> None:
    go_on = threading.Event()
    task = asyncio.create_task(in_thread(go_on.wait))
    await asyncio.sleep(0)
    task.cancel()

    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    go_on.set()
