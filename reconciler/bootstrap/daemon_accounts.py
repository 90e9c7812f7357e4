"""The accounts of a daemon: a client, limits and a controller for each."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from msgspec import Struct

from reconciler.bootstrap.account_binding import require_named
from reconciler.bootstrap.account_client import account, make_limiter
from reconciler.bootstrap.account_source import NamedAccount, named_accounts
from reconciler.bootstrap.daemon_telemetry import DaemonTelemetry
from reconciler.bootstrap.environment import now, secrets, warn
from reconciler.bootstrap.insights_source import open_insights
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.controller import Controller
from reconciler.model.errors import SettingError
from reconciler.settings import Settings
from reconciler.store.store import SqlStore
from reconciler.telemetry.account_metrics import AccountFigures
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.provider import TwilioProvider
from reconciler.webhooks.public_url import callbacks

_log = logging.getLogger("reconciler.daemon")


class AccountParts(Struct, frozen=True):
    """What acts for one account; ``store`` has the rooms in which it acts."""

    name: str
    settings: Settings
    to: Account
    store: SqlStore
    limiter: AccountLimiter
    client: TwilioClient
    provider: RateLimitedProvider

    @property
    def refused_at(self) -> float | None:
        """Since when Twilio refuses the credentials, on the clock that never goes back."""
        return self.client.access.denied_at


class DaemonAccounts(Struct, frozen=True):
    """The accounts that act, and why others do not, by name."""

    parts: tuple[AccountParts, ...]
    problems: Mapping[str, str]
    since: float

    @property
    def refused_at(self) -> float | None:
        """Since when no account is accepted; None while one is."""
        times = [parts.refused_at for parts in self.parts]
        known = [each for each in times if each is not None]
        return max(known) if len(known) == len(times) else None

    def held(self) -> dict[str, float]:
        """Accounts that are blocked: nothing is sent to their rooms; and since when."""
        refused = {x.name: at for x in self.parts if (at := x.refused_at) is not None}
        return refused | dict.fromkeys(self.problems, self.since)

    def paused_for(self, at: float) -> float:
        """Seconds for which an account sends nothing: the longest."""
        return max(parts.limiter.paused_for(at) for parts in self.parts)

    def figures(self, controllers: Mapping[str, Controller]) -> list[AccountFigures]:
        """Each account, for metrics."""
        acting = [
            AccountFigures(
                parts.name,
                held=parts.refused_at is not None,
                paused_seconds=parts.limiter.paused_for(now()),
                rooms=len(controllers[parts.name].resync_schedule.rooms()),
                calls_in_flight=parts.limiter.in_flight.calls,
                calls_per_second=parts.settings.calls_per_second,
            )
            for parts in self.parts
        ]
        return acting + [AccountFigures(name, held=True) for name in self.problems]


class AccountOpener(Struct, frozen=True):
    """What accounts are opened with; ``url`` is where webhooks go, None for nowhere."""

    stack: AsyncExitStack
    store: SqlStore
    telemetry: DaemonTelemetry
    policy: PolicySource
    url: str | None

    async def open(self, of: Settings) -> DaemonAccounts:
        """All that can be opened; SettingError if none can, or the only one cannot."""
        parts: list[AccountParts] = []
        problems: dict[str, str] = {}
        accounts = named_accounts(of)
        for each in accounts:
            try:
                parts.append(await self._parts(each))
            except SettingError as error:
                if len(accounts) == 1:
                    raise
                problems[each.name] = str(error)
        if not parts:
            raise SettingError("; ".join(problems.values()))
        for name, problem in problems.items():
            _log.error("account not used", extra={"account": name, "reason": problem})
        return DaemonAccounts(tuple(parts), problems, time.monotonic())

    async def _parts(self, of: NamedAccount) -> AccountParts:
        if of.problem:
            raise SettingError(of.problem)
        to = account(of.settings)
        await require_named(self.store, of, bind=True)
        own = self.store.of_account(of.name, to.sid)
        limiter = make_limiter(of.settings, own, self.telemetry.metrics.paused)
        self.stack.push_async_callback(limiter.give_back)
        client = await self.stack.enter_async_context(self._client(to, limiter))
        url, policy = self.url, self.policy
        inner = TwilioProvider(
            client,
            secrets=secrets(lambda: policy.current),
            callbacks=lambda room: callbacks(url, room=room) if url else (),
            limited=limiter.limited,
            warn=warn,
            insights=await open_insights(
                self.stack, of.settings, to, self.telemetry.on_request
            ),
            clock=now,
        )
        provider = RateLimitedProvider(inner, limiter, now)
        return AccountParts(of.name, of.settings, to, own, limiter, client, provider)

    def _client(self, to: Account, limiter: AccountLimiter) -> TwilioClient:
        return TwilioClient(
            to,
            sleep=asyncio.sleep,
            jitter=random.random,
            on_request=self.telemetry.on_request,
            on_limit=limiter.limited,
        )
