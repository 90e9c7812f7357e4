"""The daemon built: the loop with its budget, ears, eyes and figures."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler import __version__
from reconciler.bootstrap.binding import require_account
from reconciler.bootstrap.declaring import Declarer
from reconciler.bootstrap.environment import new_run, now, owner, person, secrets, warn
from reconciler.bootstrap.intake import Intake
from reconciler.bootstrap.policy import PolicySource, limit_rings
from reconciler.bootstrap.running import Daemon
from reconciler.bootstrap.workshop import account
from reconciler.bootstrap.zone_data import zone_data
from reconciler.engine.acting import Actor
from reconciler.engine.budget import Budget
from reconciler.engine.controller import Controller
from reconciler.engine.queue import Lane
from reconciler.engine.reconcile import Reconciler
from reconciler.engine.rhythm import Rhythm
from reconciler.engine.thrift import ThriftyProvider
from reconciler.files.folder import problem, reason
from reconciler.model.errors import RosterError
from reconciler.settings import Settings
from reconciler.store.sql import SqlStore, open_store
from reconciler.twilio.access import Access
from reconciler.twilio.account import Account
from reconciler.twilio.client import TwilioClient
from reconciler.twilio.provider import TwilioProvider
from reconciler.twilio.signature import Verifier
from reconciler.web.address import callbacks, public_url
from reconciler.web.aside import Aside
from reconciler.web.callbook import Callbook
from reconciler.web.health import Limits, Vitals, admin_app
from reconciler.web.hosts import KnownHosts
from reconciler.web.journal import Journal, Watches
from reconciler.web.metrics import Metrics
from reconciler.web.notify import notifier
from reconciler.web.server import Listener, host_and_port, listen, serve
from reconciler.web.webhooks import Webhooks, webhook_app

DRAIN = 5.0
CLOSE_WITHIN = 2.0
"""Seconds at the end for runs, then for listeners."""

EXPOSE_WITHIN = 5.0
"""Seconds within which the loop has to give its figures."""


@dataclass(frozen=True, slots=True)
class Course:
    """How the daemon runs. ``resync`` is in seconds; webhooks need a public URL.

    ``quiet_seconds`` and ``admin_hosts`` are those of ``Settings``.
    """

    folder: Path
    resync: float
    admin: str
    listen: str
    public: str | None
    quiet_seconds: float
    admin_hosts: tuple[str, ...] = ()


@asynccontextmanager
async def build(
    of: Settings, course: Course, announce: Callable[[str], None]
) -> AsyncIterator[Daemon]:
    """Build and open all of it.

    SettingError for a port in use or a wrong setting, RosterError for a folder
    that is not there, StoreError for a database that cannot be used: before
    anything is sent. *announce* is told in lines whom it asks and what listens where.
    """
    to = account(of)
    policy = PolicySource.open(of.policy)
    _check(course)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await open_store(of.database_url))
        await require_account(store, to.sid, of.database_url, bind=True)
        limit_rings(store, lambda: policy.current)
        made: list[Daemon] = []
        gauges = _gauges(of, lambda: made[0].vitals())  # noqa: PLW0108 - made below
        client = await stack.enter_async_context(_client(to, gauges))
        url = public_url(course.public) if course.public else None
        loop = _Loop(
            course,
            store,
            gauges,
            _provider(client, gauges, url, policy),
            url,
            client.access,
            of.lease_seconds,
            policy,
        )
        whole = loop.daemon(to)
        made.append(whole)
        hooks = _webhooks(of, url, whole.controller, gauges) if url else None
        announce(f"Twilio at {to.base_url}, account {to.sid[:6]}…")
        announce(zone_data().described())
        for line in await _listen(stack, course, whole, gauges.metrics, hooks):
            announce(line)
        yield whole


@dataclass(frozen=True, slots=True)
class _Gauges:
    """What counts and remembers while the loop runs."""

    budget: Budget
    metrics: Metrics
    book: Callbook


def _gauges(of: Settings, vitals: Callable[[], Vitals]) -> _Gauges:
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
        version=__version__,
        paused_for=budget.paused_for,
    )
    return _Gauges(budget, metrics, Callbook())


def _client(to: Account, gauges: _Gauges) -> TwilioClient:
    return TwilioClient(
        to,
        sleep=asyncio.sleep,
        jitter=random.random,
        on_request=gauges.metrics.request,
        on_limit=gauges.budget.limited,
    )


def _provider(
    client: TwilioClient, gauges: _Gauges, url: str | None, policy: PolicySource
) -> ThriftyProvider:
    inner = TwilioProvider(
        client,
        secrets=secrets(lambda: policy.current),
        callbacks=lambda room: callbacks(url, room=room) if url else (),
        limited=gauges.budget.limited,
        warn=warn,
    )
    return ThriftyProvider(inner, gauges.budget, now)


@dataclass(frozen=True, slots=True)
class _Loop:
    """What the loop is made of."""

    course: Course
    store: SqlStore
    gauges: _Gauges
    provider: ThriftyProvider
    url: str | None
    access: Access
    lease_seconds: float
    policy: PolicySource

    def daemon(self, to: Account) -> Daemon:
        """The whole, which acts for *to*."""
        stop = asyncio.Event()
        controller = self._controller(self._reconciler(to, stop), stop)
        return Daemon(
            intake=Intake(
                self.course.folder, self._declarer(), self.policy, controller
            ),
            store=self.store,
            controller=controller,
            stop=stop,
            service=notifier(os.environ, os.getpid()),
            started_at=time.monotonic(),
            denied_at=lambda: self.access.denied_at,
        )

    def _declarer(self) -> Declarer:
        cause = f"files, daemon of {person()}"
        return Declarer(self.store, cause, self.course.quiet_seconds)

    def _reconciler(self, to: Account, stop: asyncio.Event) -> Reconciler:
        budget = self.gauges.budget
        return Reconciler(
            store=self.store,
            provider=self.provider,
            clock=now,
            actor=Actor(self.store, self.provider, now, budget, stop.is_set),
            new_run=new_run,
            cause="daemon",
            account_sid=to.sid,
            policy=lambda: self.policy.current,
        )

    def _controller(self, reconciler: Reconciler, stop: asyncio.Event) -> Controller:
        return Controller(
            store=self.store,
            provider=self.provider,
            reconciler=reconciler,
            budget=self.gauges.budget,
            rhythm=Rhythm(resync=self.course.resync),
            watch=Watches((Journal(), self.gauges.metrics, self.gauges.book)),
            clock=now,
            monotonic=time.monotonic,
            jitter=random.random,
            stop=stop,
            owner=owner(),
            drain=DRAIN,
            lease_seconds=self.lease_seconds,
        )


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
    gauges: _Gauges,
) -> Webhooks:
    def mark(room: str, lane: Lane, event: str) -> None:
        controller.mark(room, lane, f"webhook {event}")

    signers = (of.auth_token or "", *of.webhook_secrets)
    return Webhooks(
        public_url=url,
        verify=Verifier(signers),
        knows=controller.rhythm.knows,
        mark=mark,
        tally=gauges.metrics,
        clock=now,
        room_of=gauges.book.room_of,
        heard=controller.heard,
    )


async def _listen(
    stack: AsyncExitStack,
    course: Course,
    whole: Daemon,
    metrics: Metrics,
    hooks: Webhooks | None,
) -> list[str]:
    lines: list[str] = []
    admin = listen(course.admin, "--admin-listen")
    ears = listen(course.listen, "--listen") if hooks else None
    app = admin_app(whole.vitals, _asked_of_the_loop(metrics), Limits())
    aside = Aside(KnownHosts(app, course.admin_hosts), admin)
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
            asked.cancel()
            return b"# the loop does not answer\n", "text/plain"

    return ask


def _closing(listener: Listener) -> Callable[[], Awaitable[None]]:
    return lambda: listener.close(CLOSE_WITHIN)
