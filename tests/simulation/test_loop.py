"""The virtual loop itself."""

import asyncio
import gc
import warnings

from reconciler.play.world.virtual_loop import VirtualLoop


async def _cleaned_up() -> None:
    await asyncio.sleep(0)


async def _interrupted() -> None:
    try:
        await asyncio.Future()
    finally:
        await asyncio.gather(_cleaned_up())


def test_what_is_thrown_away_at_the_end_warns_of_nothing() -> None:
    async def story() -> None:
        task = asyncio.create_task(_interrupted())
        await asyncio.sleep(1)
        assert not task.done()

    asyncio.set_event_loop(None)
    loop = VirtualLoop(seed=0, start=0.0)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        loop.run_until_complete(story())
        loop.end()
        gc.collect()
    assert [str(each.message) for each in warned] == []
