"""Dependencies of a command: account, open store and client."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.bootstrap.account_binding import require_account
from reconciler.bootstrap.environment import (
    monotonic,
    new_run,
    now,
    owner,
    secrets,
    warn,
)
from reconciler.bootstrap.policy_source import limit_rings
from reconciler.bootstrap.tracing_source import open_tracing
from reconciler.engine.desired_room import Desired
from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.follow import SyncRun
from reconciler.engine.ports import untraced
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.evaluate import Evaluation, evaluate
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files.policy_file import load_policy
from reconciler.model.errors import RoomBusy
from reconciler.model.ledger import Ledger
from reconciler.model.observation import ConferenceSurvey
from reconciler.model.policy import Policy
from reconciler.planning.authority import Authority
from reconciler.settings import Settings
from reconciler.store.store import SqlStore, open_reader, open_store
from reconciler.twilio.api.account import Account, Credentials, base_url, checked_url
from reconciler.twilio.api.client import TwilioClient, ignored
from reconciler.twilio.provider import TwilioProvider

if TYPE_CHECKING:
    from reconciler.telemetry.tracing import Tracing


def account(of: Settings) -> Account:
    """Where requests go and who sends them; SettingError if that is not said."""
    given = of.credentials()
    if of.twilio_url:
        url = checked_url(of.twilio_url, plain_http=of.plain_http)
    else:
        url = base_url(of.region, of.edge)
    return Account(given.account_sid, Credentials(given.user, given.secret), url)


@dataclass(frozen=True, slots=True)
class CommandSession:
    """Everything a command needs, built and open.

    ``end_by`` lets no request continue past a moment on the event loop's clock.
    """

    store: SqlStore
    provider: RateLimitedProvider
    end_by: Callable[[float], None]
    limiter: AccountLimiter
    clock: Callable[[], float]
    lease_seconds: float
    account_sid: str
    policy: Policy
    tracing: "Tracing | None" = None

    @property
    def authority(self) -> Authority:
        """On whose word this command looks at rooms."""
        return Authority(self.account_sid, policy=self.policy)

    async def evaluate(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        survey: ConferenceSurvey,
        only: frozenset[str] | None = None,
    ) -> Evaluation:
        """A look at *room* on this command's authority; nothing is written."""
        return await evaluate(
            room,
            desired,
            ledger,
            provider=self.provider,
            conference=survey.of(room),
            clock=self.clock,
            authority=self.authority,
            only=only,
        )

    def pass_options(
        self,
        cause: str,
        *,
        forced: str | None = None,
        only: Mapping[str, frozenset[str]] | None = None,
        bind: Callable[[Evaluation], Evaluation] = lambda seen: seen,
    ) -> PassOptions:
        """How passes of this command are made; see ``PassOptions``."""
        return PassOptions(
            new_run=new_run,
            cause=cause,
            forced=forced,
            account_sid=self.account_sid,
            asked=True,
            policy=lambda: self.policy,
            only=only or {},
            bind=bind,
            visiting=self.tracing.visiting if self.tracing else untraced,
        )

    def following(
        self,
        options: PassOptions,
        *,
        report: Callable[[ReconcileResult], None],
        stopping: Callable[[], bool],
        sleep: Callable[[float], Awaitable[None]],
        busy: Callable[[RoomBusy], None] = lambda _: None,
    ) -> SyncRun:
        """What ``sync`` runs."""
        return SyncRun(
            applier=PlanApplier(
                self.store, self.provider, self.clock, self.limiter, stopping
            ),
            options=options,
            store=self.store,
            provider=self.provider,
            limiter=self.limiter,
            clock=self.clock,
            monotonic=monotonic,
            sleep=sleep,
            report=self._noted(report),
            busy=busy,
            owner=owner(),
            lease_seconds=self.lease_seconds,
        )

    def _noted(
        self, report: Callable[[ReconcileResult], None]
    ) -> Callable[[ReconcileResult], None]:
        """*report*, with what it is told of noted on the span of the pass."""
        tracing = self.tracing
        if tracing is None:
            return report

        def tell(result: ReconcileResult) -> None:
            tracing.evaluated(result)
            report(result)

        return tell


@dataclass(frozen=True, slots=True)
class RecordSession:
    """The store alone, of a command that does not ask Twilio."""

    store: SqlStore
    clock: Callable[[], float]
    authority: Authority


@asynccontextmanager
async def record_session(of: Settings) -> AsyncIterator[RecordSession]:
    """Open the database to be read; no credentials are needed.

    SettingError if the database is another account's than the one that is set.
    """
    policy = load_policy(of.policy)
    async with await open_reader(of.database_url) as store:
        if of.account_sid:
            await require_account(store, of.account_sid, of.database_url, bind=False)
        account_sid = of.account_sid or await store.account() or ""
        yield RecordSession(store, now, Authority(account_sid, policy=policy))


@asynccontextmanager
async def command_session(
    of: Settings, *, read_only: bool
) -> AsyncIterator[CommandSession]:
    """Open database and client; with *read_only* neither can be written.

    Credentials are checked for being there before the database is touched;
    SettingError if the database is another account's.
    """
    to = account(of)
    policy = load_policy(of.policy)
    async with AsyncExitStack() as stack:
        opener = open_reader if read_only else open_store
        store = await stack.enter_async_context(await opener(of.database_url))
        await require_account(store, to.sid, of.database_url, bind=not read_only)
        if not read_only:
            await store.restate(now())
        limiter = AccountLimiter(
            calls_per_second=of.calls_per_second, clock=now, jitter=random.random
        )
        tracing = stack.enter_context(open_tracing(of))
        client = await stack.enter_async_context(
            _client(to, limiter, tracing, read_only=read_only)
        )
        if tracing:
            store.watch(tracing.transacting)
        inner = TwilioProvider(
            client, secrets=secrets(lambda: policy), limited=limiter.limited, warn=warn
        )
        limit_rings(store, lambda: policy)
        yield CommandSession(
            store=store,
            provider=RateLimitedProvider(inner, limiter, now),
            end_by=client.end_by,
            limiter=limiter,
            clock=now,
            lease_seconds=of.lease_seconds,
            account_sid=to.sid,
            policy=policy,
            tracing=tracing,
        )


def _client(
    to: Account, limiter: AccountLimiter, tracing: "Tracing | None", *, read_only: bool
) -> TwilioClient:
    return TwilioClient(
        to,
        sleep=asyncio.sleep,
        jitter=random.random,
        read_only=read_only,
        on_request=tracing.request if tracing else ignored,
        on_limit=limiter.limited,
    )
