"""The daemon, built and run: the loop with its ticker, ears, eyes and housekeeping."""

import asyncio
import contextlib
import logging
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from reconciler.bootstrap.workshop import account, new_run, now, owner, person, secret
from reconciler.engine.acting import Actor
from reconciler.engine.budget import Budget
from reconciler.engine.controller import Controller
from reconciler.engine.queue import Lane
from reconciler.engine.reconcile import Reconciler
from reconciler.engine.rhythm import Rhythm
from reconciler.engine.thrift import ThriftyProvider
from reconciler.files import Loading, load
from reconciler.files.folder import problem, reason
from reconciler.files.watching import watch
from reconciler.model.errors import (
    ReconcilerError,
    RosterError,
    StoreError,
)
from reconciler.settings import Settings
from reconciler.store.sql import SqlStore, open_store
from reconciler.ticker import SchedulerTicker, watch_ticker
from reconciler.twilio.client import TwilioClient
from reconciler.twilio.provider import TwilioProvider
from reconciler.twilio.signature import Verifier
from reconciler.web.address import callbacks, public_url
from reconciler.web.aside import Aside
from reconciler.web.callbook import Callbook
from reconciler.web.health import Limits, Vitals, admin_app, liveness
from reconciler.web.journal import Journal, Watches
from reconciler.web.metrics import Metrics
from reconciler.web.notify import Notifier, keep_alive, notifier
from reconciler.web.server import Listener, host_and_port, listen, serve
from reconciler.web.webhooks import Webhooks, webhook_app

DRAIN = 5.0
CLOSE_WITHIN = 2.0
"""Seconds at the end for runs, then for listeners."""

EXPOSE_WITHIN = 5.0
"""Seconds within which the loop has to give its figures."""

ANSWER_WITHIN = 5.0
"""Seconds in which the database has to answer."""

PROBE = 1.0
"""Seconds between two looks at whether the database answers."""

TIDY_EVERY = 3600.0
TIDY_AT_ONCE = 500
"""Seconds between two rounds of housekeeping, and rows that go at a time."""


_log = logging.getLogger("reconciler.daemon")


@dataclass(frozen=True, slots=True)
class Course:
    """How the daemon runs. ``resync`` is in seconds; webhooks need a public URL."""

    folder: Path
    resync: float
    admin: str
    listen: str
    public: str | None


@dataclass(slots=True)
class Daemon:
    """The parts, open. ``run`` ends once ``stop`` is set."""

    course: Course
    store: SqlStore
    controller: Controller
    stop: asyncio.Event
    service: Notifier
    started_at: float
    database_lost_at: float | None = None
    draining_at: float | None = None
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def vitals(self) -> Vitals:
        """Signs of life, for the probes."""
        beat = self.controller.heartbeat()
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
        )

    async def run(self) -> None:
        """Converge until told to stop; nobody is hung up at the end."""
        ticker = SchedulerTicker(lambda: self.controller.tick(time.monotonic()))
        try:
            await self._load()
        except StoreError:
            self._stirred.set()
        ticker.start()
        with self._signals():
            others = [
                asyncio.create_task(each)
                for each in (
                    watch(self.course.folder, self._stirred.set),
                    self._reload(),
                    self._probe(),
                    self._tidy(),
                    self._live(),
                    watch_ticker(
                        ticker,
                        lambda: self.controller.heartbeat().ticked_at,
                        monotonic=time.monotonic,
                        died=_ticker_died,
                    ),
                )
            ]
            try:
                await self.controller.run()
            finally:
                ticker.stop()
                for each in others:
                    each.cancel()
                await asyncio.gather(*others, return_exceptions=True)

    async def _load(self) -> None:
        """Load the roster files; a bad one leaves the last good rosters in force."""
        try:
            loading = await asyncio.to_thread(load, [self.course.folder], os.environ)
        except RosterError as error:
            for problem in error.problems:
                where = f"{problem.file}:{problem.line}:{problem.column}"
                fields = {"where": where, "reason": problem.message}
                _log.error("roster file is not valid", extra=fields)
            _log.warning("the last good rosters stay in force")
            return
        await self._keep(loading)

    async def _keep(self, loading: Loading) -> None:
        loaded = await self.store.load(
            loading.rosters,
            folder=loading.folder,
            now=now(),
            cause=f"files, daemon of {person()}",
        )
        moved = (*loaded.added, *loaded.changed, *loaded.released)
        if moved:
            self.controller.tick(time.monotonic())
            _log.info(
                "rosters loaded",
                extra={
                    "added": len(loaded.added),
                    "changed": len(loaded.changed),
                    "released": len(loaded.released),
                },
            )

    async def _reload(self) -> None:
        """Load again whenever files stirred; a database that is away is waited for."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                await self._load()
            except StoreError as error:
                _log.warning("rosters not loaded", extra={"reason": str(error)})
                await asyncio.sleep(PROBE)
                self._stirred.set()

    async def _probe(self) -> None:
        """Ask the database for a sign of life, and note since when there is none."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    await self.store.last_mark()
            except (ReconcilerError, TimeoutError) as error:
                if self.database_lost_at is None:
                    _log.warning("database is away", extra={"reason": str(error)})
                    self.database_lost_at = time.monotonic()
            else:
                if self.database_lost_at is not None:
                    _log.info("database is back")
                    self.controller.mark_all(Lane.RETRY)
                self.database_lost_at = None
            await asyncio.sleep(PROBE)

    async def _tidy(self) -> None:
        """Let old rows go, a few at a time."""
        while True:
            gone = 0
            with contextlib.suppress(StoreError):
                gone = await self.store.prune(now(), TIDY_AT_ONCE)
            await asyncio.sleep(PROBE if gone >= TIDY_AT_ONCE else TIDY_EVERY)

    async def _live(self) -> None:
        """Tell the service manager of the start, and then that the loop moves."""
        while not self.controller.warm:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(PROBE / 10)
        self.service.ready("converging")
        _log.info("every room was read: ready")
        await keep_alive(self.service, self._alive, asyncio.sleep)

    def _alive(self) -> bool:
        return all(check.ok for check in liveness(self.vitals(), Limits()))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """TERM and INT stop; once more, at once. HUP reads the files again."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._stirred.set)
        try:
            yield
        finally:
            for number in (*numbers, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _asked_to_stop(self) -> None:
        if self.stop.is_set():
            os._exit(1)
        self.draining_at = time.monotonic()
        self.service.stopping("finishing what is under way")
        _log.info("stopping: what is under way is finished and noted")
        self.stop.set()


def _ticker_died(seconds: float) -> None:
    _log.error("the ticker was dead and is started anew", extra={"seconds": seconds})


@asynccontextmanager
async def build(
    of: Settings, course: Course, announce: Callable[[str], None]
) -> AsyncIterator[Daemon]:
    """Build and open all of it.

    SettingError for a port in use or a wrong setting, RosterError for a folder
    that is not there, StoreError for a database that cannot be used: before
    anything is sent. *announce* is told in a line what listens where.
    """
    to = account(of)
    _check(course)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await open_store(of.database_url))
        stop = asyncio.Event()
        made: list[Daemon] = []

        def vitals() -> Vitals:
            return made[0].vitals()

        budget = Budget(
            calls_per_second=of.calls_per_second,
            clock=now,
            jitter=random.random,
            on_pause=lambda seconds: metrics.paused(seconds),  # noqa: PLW0108 - made below
        )
        metrics = Metrics(
            clock=now,
            vitals=vitals,
            limits=Limits(),
            version=version("reconciler"),
            paused_for=budget.paused_for,
        )
        client = await stack.enter_async_context(
            TwilioClient(
                to,
                sleep=asyncio.sleep,
                jitter=random.random,
                on_request=metrics.request,
            )
        )
        url = public_url(course.public) if course.public else None
        provider = ThriftyProvider(
            TwilioProvider(
                client,
                secrets=secret,
                callbacks=callbacks(url) if url else (),
                limited=budget.limited,
            ),
            budget,
            now,
        )
        book = Callbook()
        controller = Controller(
            store=store,
            provider=provider,
            reconciler=Reconciler(
                store=store,
                provider=provider,
                clock=now,
                actor=Actor(store, provider, now, budget, stop.is_set),
                new_run=new_run,
                cause="daemon",
                account_sid=to.sid,
            ),
            budget=budget,
            rhythm=Rhythm(resync=course.resync, webhooks=url is not None),
            watch=Watches((Journal(), metrics, book)),
            clock=now,
            monotonic=time.monotonic,
            jitter=random.random,
            stop=stop,
            owner=owner(),
            drain=DRAIN,
        )
        service = notifier(os.environ, os.getpid())
        whole = Daemon(course, store, controller, stop, service, time.monotonic())
        made.append(whole)
        hooks = None
        if url:
            hooks = _webhooks(of, url, controller, metrics, book)
        for line in await _listen(stack, whole, metrics, hooks):
            announce(line)
        yield whole


def _check(course: Course) -> None:
    """Refuse what would be wrong only later, or never be noticed."""
    host_and_port(course.listen, "--listen")
    try:
        course.folder.stat()
    except (OSError, ValueError) as error:
        hint = "reconciler init writes an example"
        raise RosterError(
            (problem(str(course.folder), reason(error), hint),)
        ) from error


def _webhooks(
    of: Settings,
    url: str,
    controller: Controller,
    metrics: Metrics,
    book: Callbook,
) -> Webhooks:
    def mark(room: str, lane: Lane, event: str) -> None:
        controller.mark(room, lane, f"webhook {event}")

    signers = (of.auth_token or "", *of.webhook_secrets)
    return Webhooks(
        public_url=url,
        verify=Verifier(signers),
        knows=controller.rhythm.knows,
        mark=mark,
        tally=metrics,
        clock=now,
        room_of=book.room_of,
    )


async def _listen(
    stack: AsyncExitStack, whole: Daemon, metrics: Metrics, hooks: Webhooks | None
) -> list[str]:
    course = whole.course
    lines: list[str] = []
    admin = listen(course.admin, "--admin-listen")
    ears = listen(course.listen, "--listen") if hooks else None
    aside = Aside(admin_app(whole.vitals, _asked_of_the_loop(metrics), Limits()), admin)
    stack.push_async_callback(asyncio.to_thread, aside.close, CLOSE_WITHIN)
    lines.append(f"health and metrics at {aside.url}")
    if hooks is not None and ears is not None:
        listener = serve(webhook_app(hooks), ears)
        stack.push_async_callback(_closing(listener))
        lines.append(f"webhooks at {listener.url}, called as {hooks.public_url}")
    return lines


def _asked_of_the_loop(metrics: Metrics) -> Callable[[], tuple[bytes, str]]:
    """The exposition for another thread: only the loop may look at its figures."""
    loop = asyncio.get_running_loop()

    async def expose() -> tuple[bytes, str]:
        return metrics.exposition()

    def ask() -> tuple[bytes, str]:
        asked = asyncio.run_coroutine_threadsafe(expose(), loop)
        try:
            return asked.result(EXPOSE_WITHIN)
        except TimeoutError:
            return b"# the loop does not answer\n", "text/plain"

    return ask


def _closing(listener: Listener) -> Callable[[], Awaitable[None]]:
    return lambda: listener.close(CLOSE_WITHIN)
