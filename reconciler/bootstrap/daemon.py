"""Composition root of the daemon."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.bootstrap.account_binding import require_account
from reconciler.bootstrap.command_session import account
from reconciler.bootstrap.declaring import Declarer
from reconciler.bootstrap.environment import new_run, now, owner, person, secrets, warn
from reconciler.bootstrap.notify_source import make_dispatcher
from reconciler.bootstrap.page_source import PageParts, require_page, serve_page
from reconciler.bootstrap.policy_source import PolicySource, limit_rings
from reconciler.bootstrap.roster_loader import RosterLoader
from reconciler.bootstrap.scale_out import ScaleOut, open_scale_out
from reconciler.bootstrap.service import Daemon
from reconciler.bootstrap.tracing_source import open_tracing
from reconciler.bootstrap.zone_data import zone_data
from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.check_recorder import CheckRecorder
from reconciler.engine.loop.controller import Controller
from reconciler.engine.loop.observer import ControllerObserver
from reconciler.engine.loop.resync_schedule import ResyncSchedule
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.ports import untraced
from reconciler.engine.room.answer_call import CallAnswerer
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_options import PassOptions
from reconciler.files.folder import problem, reason
from reconciler.model.errors import RosterError
from reconciler.model.notification import NotificationTarget
from reconciler.model.reference import revealed
from reconciler.model.roster import Fields
from reconciler.notifications.dispatcher import Dispatcher
from reconciler.page.board import Board
from reconciler.server.allowed_hosts import AllowedHosts
from reconciler.server.listener import Listener, host_and_port, listen, serve
from reconciler.server.thread_listener import ThreadedListener
from reconciler.settings import Settings
from reconciler.store.store import SqlStore, open_store
from reconciler.telemetry.health import StallThresholds, Vitals, admin_app
from reconciler.telemetry.log_observer import FanOutObserver, LogObserver
from reconciler.telemetry.metrics import Metrics
from reconciler.telemetry.scale_metrics import ScaleCollector
from reconciler.telemetry.systemd import notifier
from reconciler.twilio.api.access import Access
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.provider import TwilioProvider, with_callbacks
from reconciler.webhooks.call_index import CallIndex
from reconciler.webhooks.public_url import callbacks, public_url
from reconciler.webhooks.receiver import Webhooks, webhook_app
from reconciler.webhooks.signature import Verifier
from reconciler.webhooks.voice import VoiceWebhook

if TYPE_CHECKING:
    from reconciler.telemetry.tracing import Tracing

DRAIN_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""Seconds at the end for runs, then for listeners."""

EXPOSE_SECONDS = 5.0
"""Seconds within which the loop has to give its figures."""


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    """How the daemon runs. ``resync`` is in seconds; webhooks need a public URL.

    ``quiet_seconds`` and ``admin_hosts`` are those of ``Settings``;
    ``targets`` are those of notifications. ``page`` is where the operators' page
    listens, None for nowhere. ``scale`` says that other daemons work on the same
    database.
    """

    folder: Path
    resync: float
    admin: str
    listen: str
    public: str | None
    quiet_seconds: float
    admin_hosts: tuple[str, ...] = ()
    page: str | None = None
    targets: tuple[NotificationTarget, ...] = ()
    scale: bool = False


@asynccontextmanager
async def build(
    of: Settings, options: DaemonOptions, announce: Callable[[str], None]
) -> AsyncIterator[Daemon]:
    """Build and open all of it.

    SettingError for a port in use or a wrong setting, RosterError for a folder
    that is not there, StoreError for a database that cannot be used: before
    anything is sent. *announce* is told in lines whom it asks and what listens where.
    """
    to = account(of)
    policy = PolicySource.open(of.policy)
    _check(options)
    if options.page is not None:
        require_page(options.page, of.page)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await open_store(of.database_url))
        await require_account(store, to.sid, of.database_url, bind=True)
        await store.restate(now())
        limit_rings(store, lambda: policy.current)
        made: list[Daemon] = []
        board = Board() if options.page is not None else None
        telemetry = _telemetry(of, lambda: made[0].vitals(), board)  # noqa: PLW0108 - made below
        tracing = telemetry.tracing = stack.enter_context(open_tracing(of))
        if tracing is not None:
            store.watch(tracing.transacting)
        client = await stack.enter_async_context(_client(to, telemetry))
        url = public_url(options.public) if options.public else None
        loop = _Wiring(
            options,
            store,
            telemetry,
            _provider(client, telemetry, url, policy),
            url,
            client.access,
            of.lease_seconds,
            policy,
        )
        daemon = loop.daemon(to)
        daemon.notifications = _notifications(options, store, telemetry.metrics)
        made.append(daemon)
        scale = None
        if options.scale:
            opening = open_scale_out(of, daemon.controller)
            scale = daemon.scale = await stack.enter_async_context(opening)
            telemetry.metrics.add(ScaleCollector(scale.figures))
        hooks = _webhooks(of, url, daemon.controller, telemetry, scale) if url else None
        announce(f"Twilio at {to.base_url}, account {to.sid[:6]}…")
        announce(zone_data().described())
        voice = _voice(hooks, store, policy) if hooks else None
        for line in await _listen(stack, options, daemon, telemetry.metrics, voice):
            announce(line)
        if options.page is not None and board is not None:
            parts = PageParts(
                to, store, loop.provider, telemetry.limiter, policy, daemon, board
            )
            serving = serve_page(of, parts, options.page)
            announce(await stack.enter_async_context(serving))
        yield daemon


@dataclass(slots=True)
class _Telemetry:
    """What counts and remembers while the loop runs."""

    limiter: AccountLimiter
    metrics: Metrics
    call_index: CallIndex
    board: Board | None = None
    tracing: "Tracing | None" = None

    def observer(self, checks: CheckRecorder) -> ControllerObserver:
        """What hears of the loop."""
        board = () if self.board is None else (self.board,)
        others = (self.metrics, self.call_index, checks, *board)
        traced = () if self.tracing is None else (self.tracing,)
        return FanOutObserver((LogObserver(), *others, *traced))

    def request(
        self,
        operation: str,
        method: str,
        status: int,
        seconds: float,
        request_id: str | None,
    ) -> None:
        """A request that is over; see ``twilio.http.timing.OnRequest``."""
        self.metrics.request(operation, method, status, seconds, request_id)
        if self.tracing is not None:
            self.tracing.request(operation, method, status, seconds, request_id)


def _telemetry(
    of: Settings, vitals: Callable[[], Vitals], board: Board | None = None
) -> _Telemetry:
    limiter = AccountLimiter(
        calls_per_second=of.calls_per_second,
        clock=now,
        jitter=random.random,
        on_pause=lambda seconds: metrics.paused(seconds),  # noqa: PLW0108 - made below
    )
    metrics = Metrics(
        clock=now,
        vitals=vitals,
        limits=StallThresholds(),
        version=__version__,
        paused_for=limiter.paused_for,
    )
    return _Telemetry(limiter, metrics, CallIndex(), board)


def _client(to: Account, telemetry: _Telemetry) -> TwilioClient:
    return TwilioClient(
        to,
        sleep=asyncio.sleep,
        jitter=random.random,
        on_request=telemetry.request,
        on_limit=telemetry.limiter.limited,
    )


def _provider(
    client: TwilioClient, telemetry: _Telemetry, url: str | None, policy: PolicySource
) -> RateLimitedProvider:
    inner = TwilioProvider(
        client,
        secrets=secrets(lambda: policy.current),
        callbacks=lambda room: callbacks(url, room=room) if url else (),
        limited=telemetry.limiter.limited,
        warn=warn,
    )
    return RateLimitedProvider(inner, telemetry.limiter, now)


@dataclass(frozen=True, slots=True)
class _Wiring:
    """What the loop is made of."""

    options: DaemonOptions
    store: SqlStore
    telemetry: _Telemetry
    provider: RateLimitedProvider
    url: str | None
    access: Access
    lease_seconds: float
    policy: PolicySource

    def daemon(self, to: Account) -> Daemon:
        """The whole, which acts for *to*."""
        stop = asyncio.Event()
        checks = CheckRecorder(self.store, _promised(self.options.resync))
        controller = self._controller(self._pass_options(to), stop, checks)
        return Daemon(
            roster_loader=RosterLoader(
                self.options.folder, self._declarer(), self.policy, controller
            ),
            store=self.store,
            controller=controller,
            stop=stop,
            service=notifier(os.environ, os.getpid()),
            started_at=time.monotonic(),
            denied_at=lambda: self.access.denied_at,
            checks=checks,
        )

    def _declarer(self) -> Declarer:
        cause = f"files, daemon of {person()}"
        return Declarer(self.store, cause, self.options.quiet_seconds)

    def _pass_options(self, to: Account) -> PassOptions:
        tracing = self.telemetry.tracing
        return PassOptions(
            new_run=new_run,
            cause="daemon",
            account_sid=to.sid,
            policy=lambda: self.policy.current,
            visiting=tracing.visiting if tracing else untraced,
        )

    def _controller(
        self, options: PassOptions, stop: asyncio.Event, checks: CheckRecorder
    ) -> Controller:
        limiter = self.telemetry.limiter
        return Controller(
            store=self.store,
            provider=self.provider,
            applier=PlanApplier(self.store, self.provider, now, limiter, stop.is_set),
            options=options,
            limiter=limiter,
            resync_schedule=ResyncSchedule(resync=self.options.resync),
            observer=self.telemetry.observer(checks),
            clock=now,
            monotonic=time.monotonic,
            jitter=random.random,
            stop=stop,
            owner=owner(),
            drain=DRAIN_SECONDS,
            lease_seconds=self.lease_seconds,
        )


def _promised(resync: float) -> float:
    """Seconds within which a room at rest is observed again, with time to spare."""
    return max(60.0, 3.0 * resync)


def _notifications(
    options: DaemonOptions, store: SqlStore, metrics: Metrics
) -> Dispatcher | None:
    if not options.targets:
        return None
    metrics.notifies([each.name for each in options.targets])
    return make_dispatcher(options.targets, store, metrics.notification)


def _check(options: DaemonOptions) -> None:
    """Refuse what would be wrong only later, or never be noticed."""
    host_and_port(options.listen, "--listen")
    try:
        options.folder.stat()
    except (OSError, ValueError) as error:
        hint = "To write an example: reconciler init"
        raise RosterError(
            (problem(str(options.folder), reason(error), hint),)
        ) from error


def _webhooks(
    of: Settings,
    url: str,
    controller: Controller,
    telemetry: _Telemetry,
    scale: ScaleOut | None = None,
) -> Webhooks:
    def heard(room: str, conference_sid: str) -> None:
        controller.heard(room, conference_sid)
        if scale is not None and room in controller.share.elsewhere:
            scale.heard(room, conference_sid)

    def mark(room: str, lane: Priority, event: str) -> None:
        cause = f"webhook {event}"
        if telemetry.tracing is not None:
            telemetry.tracing.webhook(room, event)
        if not controller.mark(room, lane, cause) and scale is not None:
            scale.mark(room, lane, cause)

    signers = (of.auth_token or "", *of.webhook_secrets)
    return Webhooks(
        public_url=url,
        verify=Verifier(signers),
        knows=controller.knows,
        mark=mark,
        tally=telemetry.metrics,
        clock=now,
        room_of=telemetry.call_index.room_of,
        heard=heard,
    )


def _voice(hooks: Webhooks, store: SqlStore, policy: PolicySource) -> VoiceWebhook:
    """What answers calls: from SQL, with callbacks that lead here."""
    secret = secrets(lambda: policy.current)

    def complete(said: Fields) -> Fields:
        return revealed(with_callbacks(said, callbacks(hooks.public_url)), secret)

    return VoiceWebhook(hooks, CallAnswerer(store, now).answer, complete)


async def _listen(
    stack: AsyncExitStack,
    options: DaemonOptions,
    daemon: Daemon,
    metrics: Metrics,
    voice: VoiceWebhook | None,
) -> list[str]:
    lines: list[str] = []
    admin = listen(options.admin, "--admin-listen")
    webhook_socket = listen(options.listen, "--listen") if voice else None
    app = admin_app(daemon.vitals, _asked_of_the_loop(metrics), StallThresholds())
    admin_listener = ThreadedListener(AllowedHosts(app, options.admin_hosts), admin)
    stack.push_async_callback(asyncio.to_thread, admin_listener.close, CLOSE_SECONDS)
    lines.append(f"health and metrics at {admin_listener.url}")
    if voice is not None and webhook_socket is not None:
        hooks = voice.webhooks
        listener = serve(webhook_app(hooks, voice.respond), webhook_socket)
        stack.push_async_callback(_closing(listener))
        lines.append(f"webhooks at {listener.url}, public URL {hooks.public_url}")
    return lines


def _asked_of_the_loop(metrics: Metrics) -> Callable[[], tuple[bytes, str]]:
    """The exposition for another thread: only the loop may look at its figures."""
    loop = asyncio.get_running_loop()

    async def expose() -> tuple[bytes, str]:
        return metrics.exposition()

    def ask() -> tuple[bytes, str]:
        asked = asyncio.run_coroutine_threadsafe(expose(), loop)
        try:
            return asked.result(EXPOSE_SECONDS)
        except TimeoutError:
            asked.cancel()
            return b"# the loop does not answer\n", "text/plain"

    return ask


def _closing(listener: Listener) -> Callable[[], Awaitable[None]]:
    return lambda: listener.close(CLOSE_SECONDS)
