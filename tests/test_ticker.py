"""What ticks, and who notices that it does not."""

import asyncio

from reconciler.ticker import SchedulerTicker, watch_ticker
from tests.doubles.loop_ticker import LoopTicker
from tests.engine.world import run


class Mortal:
    """A ticker that dies after some ticks, as a scheduler may, without a word."""

    def __init__(self, lives: list[int]) -> None:
        self.loop = asyncio.get_running_loop()
        self.lives = lives
        self.left = 0
        self.ticked_at: float | None = None
        self.inner = LoopTicker(self.tick)

    def tick(self) -> None:
        if self.left > 0:
            self.left -= 1
            self.ticked_at = self.loop.time()

    def start(self) -> None:
        self.left = self.lives.pop(0) if self.lives else 0
        self.inner.start()

    def stop(self) -> None:
        self.inner.stop()


def test_a_dead_ticker_is_noticed_and_started_anew() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        ticker, silences = Mortal([3, 4, 1000]), list[float]()
        ticker.start()
        guard = asyncio.create_task(
            watch_ticker(
                ticker,
                lambda: ticker.ticked_at,
                monotonic=loop.time,
                died=silences.append,
            )
        )
        await asyncio.sleep(60)
        assert silences == [5.0, 5.0]
        assert ticker.ticked_at == loop.time()
        guard.cancel()
        ticker.stop()

    run(story)


def test_a_ticker_that_cannot_be_revived_is_reported_again_and_again() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        ticker, silences = Mortal([2]), list[float]()
        ticker.start()
        guard = asyncio.create_task(
            watch_ticker(
                ticker,
                lambda: ticker.ticked_at,
                monotonic=loop.time,
                died=silences.append,
            )
        )
        await asyncio.sleep(60)
        assert len(silences) >= 10
        guard.cancel()
        ticker.stop()

    run(story)


async def test_the_scheduler_ticks_in_the_loop_and_stops_when_told() -> None:
    ticks: list[asyncio.AbstractEventLoop] = []
    three = asyncio.Event()

    def tick() -> None:
        ticks.append(asyncio.get_running_loop())
        if len(ticks) == 3:
            three.set()

    ticker = SchedulerTicker(tick, every_seconds=0.02)
    ticker.start()
    ticker.start()
    async with asyncio.timeout(60):
        await three.wait()
    ticker.stop()
    ticker.stop()
    seen = len(ticks)
    assert set(ticks) == {asyncio.get_running_loop()}
    await asyncio.sleep(0.1)
    assert len(ticks) == seen


async def test_a_tick_that_fails_is_followed_by_the_next() -> None:
    ticks: list[int] = []
    three = asyncio.Event()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            three.set()
        raise ZeroDivisionError

    ticker = SchedulerTicker(tick, every_seconds=0.02)
    ticker.start()
    async with asyncio.timeout(60):
        await three.wait()
    ticker.stop()
