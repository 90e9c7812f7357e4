"""Composition root of the daemon."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct, field

from reconciler.bootstrap.account_source import named_accounts
from reconciler.bootstrap.daemon_accounts import (
    AccountOpener,
    AccountParts,
    DaemonAccounts,
)
from reconciler.bootstrap.daemon_listeners import (
    UNREACHABLE,
    WebhookEndpoints,
    make_webhooks,
    open_listeners,
    voice_webhook,
)
from reconciler.bootstrap.daemon_options import DaemonOptions
from reconciler.bootstrap.daemon_telemetry import DaemonTelemetry, daemon_telemetry
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.environment import new_run, now, owner, person
from reconciler.bootstrap.notify_source import make_dispatcher
from reconciler.bootstrap.page_source import PageParts, require_page, serve_page
from reconciler.bootstrap.policy_source import PolicySource, limit_rings
from reconciler.bootstrap.roster_loader import RosterLoader
from reconciler.bootstrap.rules_digest import (
    RulesDigest,
    account_rules,
    code_digest,
)
from reconciler.bootstrap.scale_out import open_scale_out
from reconciler.bootstrap.service import Daemon
from reconciler.bootstrap.tracing_source import open_tracing
from reconciler.bootstrap.zone_data import zone_data
from reconciler.engine.loop.account_controllers import AccountControllers
from reconciler.engine.loop.check_recorder import CheckRecorder
from reconciler.engine.loop.controller import Controller
from reconciler.engine.loop.observer import ControllerObserver
from reconciler.engine.loop.resync_schedule import ResyncSchedule
from reconciler.engine.loop.shared_observer import SharedObserver
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_options import PassOptions
from reconciler.files.folder import CREATE_HINT, as_folder, problem, reason
from reconciler.model.errors import RosterError, SettingError
from reconciler.model.policy import Policy
from reconciler.notifications.dispatcher import Dispatcher
from reconciler.page.latest_evaluations import LatestEvaluations
from reconciler.planning.authority import Authority
from reconciler.replay.recorded_passes import recorded
from reconciler.server.listener import host_and_port
from reconciler.settings import Settings
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from reconciler.telemetry.account_metrics import AccountCollector
from reconciler.telemetry.metrics import Metrics
from reconciler.telemetry.scale_metrics import ScaleCollector
from reconciler.telemetry.systemd import notifier
from reconciler.webhooks.event_stream_receiver import EventStreamReceiver
from reconciler.webhooks.public_url import public_url
from reconciler.webhooks.voice import VoiceWebhook

DRAIN_SECONDS = 5.0


@asynccontextmanager
async def build(
    of: Settings, options: DaemonOptions, announce: Callable[[str], None]
) -> AsyncIterator[Daemon]:
    """Build and open all of it.

    SettingError for a port in use or a wrong setting, RosterError for a folder
    that is not there, StoreError for a database that cannot be used: before
    anything is sent. *announce* is told in lines whom it asks and what listens where.
    """
    policy = PolicySource.open(of)
    named_accounts(of)
    _check(options)
    if options.page is not None:
        require_page(options.page, of.page)
    async with AsyncExitStack() as stack:
        store = await _open_store(stack, of, policy)
        daemons: list[Daemon] = []
        latest = LatestEvaluations() if options.page is not None else None
        telemetry = daemon_telemetry(lambda: daemons[0].vitals(), latest)  # noqa: PLW0108 - made below
        telemetry.tracing = stack.enter_context(open_tracing(of))
        if telemetry.tracing is not None:
            store.watch(telemetry.tracing.transacting)
        url = public_url(options.public) if options.public else None
        opener = AccountOpener(stack, store, telemetry, policy, url)
        accounts = await opener.open(of)
        telemetry.metrics.paused_for = accounts.paused_for
        loop = _Wiring(options, store, telemetry, accounts, of.lease_seconds, policy)
        daemon = loop.daemon()
        daemon.notifications = _notifications(options, store, telemetry.metrics)
        daemons.append(daemon)
        by_account = daemon.controller.by_account
        if of.accounts is not None:
            figures = AccountCollector(lambda: accounts.figures(by_account))
            telemetry.metrics.add(figures)
        if options.scale:
            opening = open_scale_out(of, daemon.controller, lambda: store.clock_ahead)
            daemon.scale = await stack.enter_async_context(opening)
            telemetry.metrics.add(ScaleCollector(daemon.scale.figures))
        for parts in accounts.parts:
            announce(f"Twilio at {parts.to.base_url}, account {parts.to.sid[:6]}…")
        announce(zone_data().described())
        endpoints = _endpoints(of, url, loop, daemon)
        metrics = telemetry.metrics
        for line in await open_listeners(stack, options, daemon, metrics, endpoints):
            announce(line)
        if options.page is not None and latest is not None:
            serving = serve_page(of, loop.page_parts(daemon, latest), options.page)
            announce(await stack.enter_async_context(serving))
        yield daemon


def _voice(url: str, loop: "_Wiring", daemon: Daemon) -> VoiceWebhook:
    """What answers webhooks, and the calls of numbers."""
    hooks = make_webhooks(
        {parts.name: parts.settings for parts in loop.accounts.parts},
        url,
        daemon.controller.by_account,
        loop.telemetry,
        daemon.scale,
    )
    return voice_webhook(hooks, loop.store, loop.policy)


def _endpoints(
    of: Settings, url: str | None, loop: "_Wiring", daemon: Daemon
) -> WebhookEndpoints | None:
    """What takes Twilio's requests in, None without a public URL."""
    if url is None and of.event_streams:
        raise SettingError(UNREACHABLE)
    if url is None:
        return None
    voice = _voice(url, loop, daemon)
    streams = EventStreamReceiver(voice.webhooks) if of.event_streams else None
    return WebhookEndpoints(voice, streams)


async def _open_store(
    stack: AsyncExitStack, of: Settings, policy: PolicySource
) -> SqlStore:
    """The store, with what counts by now."""
    store = await stack.enter_async_context(await open_store(of.database_url))
    await store.compare_clocks(now)
    await store.restate(now())
    limit_rings(store, lambda: policy.current)
    return store


class _Wiring(Struct, frozen=True):
    """What the loop is made of."""

    options: DaemonOptions
    store: SqlStore
    telemetry: DaemonTelemetry
    accounts: DaemonAccounts
    lease_seconds: float
    policy: PolicySource
    code: bytes = field(default_factory=code_digest)

    def daemon(self) -> Daemon:
        """The whole, which acts for all accounts."""
        stop = asyncio.Event()
        checks = CheckRecorder(self.store, _promised(self.options.resync))
        observer = self.telemetry.observer(checks)
        shared = SharedObserver(observer, [x.name for x in self.accounts.parts])
        by_account = {
            parts.name: self._controller(parts, stop, shared.of(parts.name))
            for parts in self.accounts.parts
        }
        controllers = AccountControllers(by_account)
        return Daemon(
            roster_loader=RosterLoader(
                self.options.folder, self._loader(), self.policy, controllers
            ),
            store=self.store,
            controller=controllers,
            stop=stop,
            service=notifier(os.environ, os.getpid()),
            started_at=time.monotonic(),
            denied_at=lambda: self.accounts.refused_at,
            checks=checks,
            held_accounts=self.accounts.held,
        )

    def page_parts(self, daemon: Daemon, latest: LatestEvaluations) -> PageParts:
        """What the operators' page shows and decides with."""
        return PageParts(self.accounts, self.store, self.policy, daemon, latest)

    def _loader(self) -> DesiredStateLoader:
        cause = f"files, daemon of {person()}"
        rules = RulesDigest(self._policy, (zone_data().described(),), self.code)
        return DesiredStateLoader(
            self.store, cause, self.options.quiet_seconds, rules=rules
        )

    def _policy(self) -> Policy:
        return self.policy.current

    def _pass_options(self, of: AccountParts) -> PassOptions:
        tracing = self.telemetry.tracing
        return PassOptions(
            new_run=new_run,
            cause="daemon",
            account_sid=of.to.sid,
            policy=lambda: self.policy.current,
            bind=recorded(
                lambda evaluation: evaluation,
                lambda: Authority(of.to.sid, policy=self.policy.current),
            ),
            visiting=tracing.visiting if tracing else None,
            account=of.name,
        )

    def _controller(
        self, of: AccountParts, stop: asyncio.Event, observer: ControllerObserver
    ) -> Controller:
        return Controller(
            store=of.store,
            provider=of.provider,
            applier=PlanApplier(of.store, of.provider, now, of.limiter, stop.is_set),
            options=self._pass_options(of),
            limiter=of.limiter,
            resync_schedule=ResyncSchedule(resync=self.options.resync),
            observer=observer,
            clock=now,
            monotonic=time.monotonic,
            jitter=random.random,
            stop=stop,
            owner=owner(),
            drain_seconds=DRAIN_SECONDS,
            lease_seconds=self.lease_seconds,
            rules=self._rules(of),
        )

    def _rules(self, of: AccountParts) -> Callable[[], str]:
        """What evaluations follow from beside stored rows and Twilio.

        The page shows whole evaluations: it rests on none of another process.
        """
        if self.options.page is not None:
            return lambda: ""
        return RulesDigest(self._policy, account_rules(of.name, of.to), self.code)


def _promised(resync: float) -> float:
    """Seconds within which a room at rest is observed again, with time to spare."""
    return max(60.0, 3.0 * resync)


def _notifications(
    options: DaemonOptions, store: SqlStore, metrics: Metrics
) -> Dispatcher | None:
    if not options.targets:
        return None
    metrics.notifies([target.name for target in options.targets])
    return make_dispatcher(options.targets, store, metrics.notification)


def _check(options: DaemonOptions) -> None:
    """Refuse what would be wrong only later, or never be noticed."""
    host_and_port(options.listen, "--listen")
    try:
        options.folder.stat()
    except (OSError, ValueError) as error:
        found = problem(str(options.folder), reason(error), CREATE_HINT)
        raise RosterError((as_folder(options.folder, found),)) from error
