"""Waits: the first of several ends them all, and what it raised is raised."""

import asyncio

import pytest

from reconciler.engine.waiting import wait_for_first


async def test_the_first_that_ends_ends_the_wait_and_the_others() -> None:
    ended = asyncio.Event()
    ended.set()
    forever = asyncio.Event()

    async def canceled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            forever.set()

    await wait_for_first(ended.wait(), canceled())
    await asyncio.sleep(0)

    assert forever.is_set()


async def test_a_task_of_the_caller_continues() -> None:
    ended = asyncio.Event()
    task = asyncio.create_task(ended.wait())
    woken = asyncio.Event()
    woken.set()

    await wait_for_first(task, woken.wait())

    assert not task.done()
    ended.set()
    await task


async def test_what_the_first_raises_is_raised() -> None:
    async def fails() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await wait_for_first(asyncio.Event().wait(), fails())


async def test_who_is_canceled_leaves_nothing_behind() -> None:
    canceled = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            canceled.set()

    waiting = asyncio.create_task(wait_for_first(waits(), asyncio.Event().wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert canceled.is_set()
