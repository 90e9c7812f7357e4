"""Ticks of the loop by APScheduler, and a watchdog for them.

A tick only marks. Nothing that takes time runs in the scheduler, since it drops
what overlaps and cancels what runs when it is shut down.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC
from typing import Any, Protocol

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

TICK_SECONDS = 1.0
"""Seconds from tick to tick."""

DEAD_AFTER_SECONDS = 5.0
"""Seconds without a tick after which the ticker is taken for dead."""


class Ticker(Protocol):
    """Calls back about once a second while it is started."""

    def start(self) -> None:
        """Begin to tick; a second start begins again."""
        ...

    def stop(self) -> None:
        """Stop the calls; without effect if it is not started."""
        ...


class SchedulerTicker:
    """A ticker by APScheduler. ``tick`` must return at once."""

    def __init__(
        self, tick: Callable[[], None], *, every_seconds: float = TICK_SECONDS
    ) -> None:
        self._tick = tick
        self._every_seconds = every_seconds
        self._scheduler: Any = None

    def start(self) -> None:
        """Begin to tick."""
        self.stop()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": 1,
            },
        )
        self._scheduler.add_job(
            self._run,
            IntervalTrigger(seconds=self._every_seconds, timezone=UTC),
            id="tick",
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more, even if the scheduler is broken."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            with contextlib.suppress(Exception):
                scheduler.shutdown(wait=False)

    async def _run(self) -> None:
        """A coroutine, since a plain function would run in a thread."""
        self._tick()


async def watch_ticker(
    ticker: Ticker,
    ticked_at: Callable[[], float | None],
    *,
    monotonic: Callable[[], float],
    died: Callable[[float], None],
    dead_after_seconds: float = DEAD_AFTER_SECONDS,
) -> None:
    """Start *ticker* again whenever it has not ticked for *dead_after_seconds*.

    *ticked_at* is the moment of the last tick by *monotonic*, None before the
    first. *died* is told how many seconds the silence lasted. Runs until
    cancelled, as a task of its own: a scheduler cannot watch itself.
    """
    started = monotonic()
    while True:
        last = max(ticked_at() or started, started)
        silent = monotonic() - last
        if silent >= dead_after_seconds:
            died(silent)
            with contextlib.suppress(Exception):
                ticker.start()
            started = monotonic()
            silent = 0.0
        await asyncio.sleep(dead_after_seconds - silent)
