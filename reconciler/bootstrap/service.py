"""Lifecycle of the daemon: background tasks, signals and shutdown."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from reconciler.bootstrap.environment import now
from reconciler.bootstrap.roster_loader import RosterLoader
from reconciler.bootstrap.scale_out import ScaleOut
from reconciler.engine.loop.account_controllers import AccountControllers
from reconciler.engine.loop.check_recorder import FLUSH_SECONDS, CheckRecorder
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.errors import ReconcilerError, StoreError
from reconciler.notifications.dispatcher import Dispatcher
from reconciler.page.token_file import TokenFile
from reconciler.store.store import SqlStore
from reconciler.telemetry.health import StallThresholds, Vitals, liveness
from reconciler.telemetry.systemd import Notifier, keep_alive
from reconciler.ticker import SchedulerTicker, watch_ticker

ANSWER_SECONDS = 5.0
"""Seconds in which the database has to answer."""

PROBE_SECONDS = 1.0
"""Seconds between two looks at whether the database answers."""

CLOCK_SECONDS = 2.0
"""Seconds by which the clock of here may differ from the database server's."""

PRUNE_SECONDS = 3600.0
"""Seconds between two rounds of pruning."""

PRUNE_ROWS = 500
"""Rows that are deleted at a time."""

_log = logging.getLogger("reconciler.daemon")


class Daemon(Struct):
    """The parts, open. ``run`` ends once ``stop`` is set.

    ``denied_at`` says since when Twilio refuses the credentials of every account, on
    the clock that never goes back; None while it does not. ``held_accounts`` are those
    that are blocked, and since when.
    """

    roster_loader: RosterLoader
    store: SqlStore
    controller: AccountControllers
    stop: asyncio.Event
    service: Notifier
    started_at: float
    denied_at: Callable[[], float | None]
    checks: CheckRecorder
    held_accounts: Callable[[], Mapping[str, float]] = dict
    database_lost_at: float | None = None
    draining_at: float | None = None
    notifications: Dispatcher | None = None
    scale: ScaleOut | None = None
    page_tokens: TokenFile | None = None
    tokens_wrong_at: float | None = None
    _clock_is_apart: bool = False

    def vitals(self) -> Vitals:
        """Signs of life, for the probes."""
        beat, held = self.controller.heartbeat(), self.held_accounts()
        return Vitals(
            now=time.monotonic(),
            started_at=self.started_at,
            loop_at=beat.loop_at,
            ticked_at=beat.ticked_at,
            oldest_run_at=beat.oldest_run_at,
            last_clean_at=beat.last_clean_at,
            warmed=beat.warm,
            draining_at=self.draining_at,
            database_lost_at=self.database_lost_at,
            credentials_refused_at=self.denied_at(),
            refused_files=tuple(each.file for each in self.roster_loader.refused),
            files_refused_at=self.roster_loader.refused_at,
            held_accounts=tuple(held),
            accounts_held_at=min(held.values(), default=None),
            shards_lost_at=self.scale.shards_lost_at if self.scale else None,
            tokens_problem=self.page_tokens.problem if self.page_tokens else "",
            tokens_wrong_at=self.tokens_wrong_at,
        )

    async def run(self) -> None:
        """Converge until told to stop; nobody is hung up at the end."""
        gc.set_threshold(*_GC_THRESHOLDS)
        ticker = SchedulerTicker(lambda: self.controller.tick(time.monotonic()))
        if self.scale is not None:
            await self.scale.begin()
        await self.roster_loader.begin()
        ticker.start()
        self.controller.tick(time.monotonic())
        with self._signals():
            others = self._background(ticker)
            try:
                await self.controller.run()
            finally:
                ticker.stop()
                for each in others:
                    each.cancel()
                await asyncio.gather(*others, return_exceptions=True)
                if self.scale is not None:
                    await self.scale.end()
                await self.checks.end()
                await self.controller.conclude()

    def _background(self, ticker: SchedulerTicker) -> "list[asyncio.Task[None]]":
        """What continues beside the loop, under way."""
        watchdog = watch_ticker(
            ticker,
            lambda: self.controller.heartbeat().ticked_at,
            monotonic=time.monotonic,
            died=_ticker_died,
        )
        beside = (
            self.roster_loader.watch(),
            self.roster_loader.follow(),
            self._probe(),
            self._prune(),
            self._record_checks(),
            self._watchdog(),
            watchdog,
        )
        tasks = [asyncio.create_task(each) for each in beside]
        if self.scale is not None:
            tasks += map(asyncio.create_task, self.scale.tasks())
        if self.page_tokens is not None:
            tasks.append(asyncio.create_task(self._check_tokens(self.page_tokens)))
        if self.notifications is not None:
            tasks.append(asyncio.create_task(self.notifications.run()))
        return tasks

    async def _probe(self) -> None:
        """Ask the database for a sign of life, and note since when there is none.

        What it answered somebody else just now is one.
        """
        while True:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    self._compared(await self.store.sign_of_life(now, PROBE_SECONDS))
            except (ReconcilerError, TimeoutError) as error:
                if self.database_lost_at is None:
                    _log.warning(
                        "database cannot be reached", extra={"reason": str(error)}
                    )
                    self.database_lost_at = time.monotonic()
            else:
                if self.database_lost_at is not None:
                    _log.info("database can be reached again")
                    self.controller.mark_all(Priority.RETRY)
                self.database_lost_at = None
            await asyncio.sleep(PROBE_SECONDS)

    async def _check_tokens(self, tokens: TokenFile) -> None:
        """Read the page's token file again when it changes, also while nobody signs in."""
        while True:
            wrong = tokens.check()
            at = self.tokens_wrong_at or time.monotonic()
            self.tokens_wrong_at = at if wrong else None
            await asyncio.sleep(PROBE_SECONDS)

    def _compared(self, ahead: float) -> None:
        """Log once that the clock of here is wrong, and once that it is right again."""
        apart = abs(ahead) >= CLOCK_SECONDS
        if apart and not self._clock_is_apart:
            _log.warning(
                "clock differs from the database server's: set it right",
                extra={"seconds": round(-ahead, 1)},
            )
        self._clock_is_apart = apart

    async def _prune(self) -> None:
        """Let old rows go, a few at a time."""
        while True:
            gone = 0
            with contextlib.suppress(StoreError):
                gone = await self.store.prune(now(), PRUNE_ROWS)
            await asyncio.sleep(PROBE_SECONDS if gone >= PRUNE_ROWS else PRUNE_SECONDS)

    async def _record_checks(self) -> None:
        """Record which rooms were observed, for commands beside the daemon."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.checks.flush()
            await self.controller.save()

    async def _watchdog(self) -> None:
        """Tell the service manager of the start, and then that the loop moves."""
        while not self.controller.warm:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(PROBE_SECONDS / 10)
        _freeze_startup_objects()
        self.service.ready("converging")
        _log.info("all rooms read: ready")
        await keep_alive(self.service, self._alive, asyncio.sleep)

    def _alive(self) -> bool:
        return all(check.ok for check in liveness(self.vitals(), StallThresholds()))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """TERM and INT stop; once more, at once. HUP reads the files again."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self.roster_loader.request_reload)
        try:
            yield
        finally:
            for number in (*numbers, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _asked_to_stop(self) -> None:
        if self.stop.is_set():
            os._exit(1)
        self.draining_at = time.monotonic()
        self.service.stopping("waiting for requests in flight")
        _log.info("stopping: waiting for requests in flight")
        self.stop.set()


_GC_THRESHOLDS = (10_000, 20, 50)
"""How much may be made before the collector looks. What the start makes of each room
stays, and what comes after it is mostly gone by itself: a search of all objects would
find nothing, and halt the event loop meanwhile, 140 ms with 1,000 rooms."""


def _ticker_died(seconds: float) -> None:
    _log.error("the ticker had stopped; restarted", extra={"seconds": seconds})


def _freeze_startup_objects() -> None:
    """Move startup objects to the permanent generation: full collections stay short.

    No collection is run before: it would find little, and would stop the event loop for
    200 ms with 1,000 rooms, when the first calls are to be placed.
    """
    gc.freeze()
