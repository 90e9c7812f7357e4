"""Dependencies of a command: account, open store and client."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.bootstrap.account_binding import require_named
from reconciler.bootstrap.account_client import account, make_limiter, twilio_client
from reconciler.bootstrap.account_router import AccountRouter
from reconciler.bootstrap.account_source import NamedAccount, named_accounts
from reconciler.bootstrap.environment import (
    monotonic,
    new_run,
    now,
    owner,
    secrets,
    warn,
)
from reconciler.bootstrap.insights_source import open_insights
from reconciler.bootstrap.policy_source import limit_rings
from reconciler.bootstrap.rules_digest import RulesDigest, account_rules
from reconciler.bootstrap.tracing_source import open_tracing
from reconciler.engine.desired_room import Desired
from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.follow import SyncRun
from reconciler.engine.loop.rooms_at_rest import RoomsAtRest, rooms_at_rest
from reconciler.engine.loop.unchanged import UnchangedCache
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.room.account_change import until_left
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.evaluation import Evaluation, ObservableRoom, evaluate
from reconciler.engine.room.pass_options import PassOptions, unbound
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files.policy_file import load_policy
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.errors import RoomBusy, SettingError
from reconciler.model.ledger import Ledger
from reconciler.model.observation import ConferenceSurvey, Unknown
from reconciler.model.policy import Policy
from reconciler.planning.authority import Authority
from reconciler.replay.recorded_passes import recorded
from reconciler.settings import Settings
from reconciler.store.opening import open_reader, open_store
from reconciler.store.store import SqlStore
from reconciler.twilio.api.client import ignored
from reconciler.twilio.provider import TwilioProvider

if TYPE_CHECKING:
    from reconciler.telemetry.tracing import Tracing


class CommandSession(Struct, frozen=True):
    """Everything a command needs, built and open.

    ``end_by`` lets no request continue past a moment on the event loop's clock.
    ``account`` is the name of the account, "" where there are several: then rooms are
    read by those of ``accounts``, one each, and acted on by one of them alone.
    ``rules`` is as in ``UnchangedCache``.
    """

    store: SqlStore
    provider: RateLimitedProvider | AccountRouter
    end_by: Callable[[float], None]
    limiter: AccountLimiter
    clock: Callable[[], float]
    lease_seconds: float
    account_sid: str
    policy: Policy
    rules: Callable[[], str] = lambda: ""
    tracing: "Tracing | None" = None
    account: str = DEFAULT_ACCOUNT
    accounts: Mapping[str, "CommandSession"] = field(default_factory=dict)

    @property
    def authority(self) -> Authority:
        """On whose word this command looks at rooms."""
        return Authority(self.account_sid, policy=self.policy)

    def acting(self, desired: Desired | None) -> "CommandSession":
        """The session of the account that acts in a room; this one if it is not there."""
        name = self.account if desired is None else desired.account
        return self.accounts.get(name, self)

    def route(self, accounts: Mapping[str, str]) -> None:
        """Have rooms read by these accounts, by name."""
        if isinstance(self.provider, AccountRouter):
            self.provider.accounts.update(accounts)

    def unable(self, desired: Desired) -> str | None:
        """Why the account that acts in a room cannot be asked, None if it can."""
        if isinstance(self.provider, AccountRouter):
            return self.provider.why_not(desired.account)
        if desired.account == self.account:
            return None
        return (
            f"account {desired.account} acts in this room: name the file that has it "
            "in RECONCILER_ACCOUNTS"
        )

    async def evaluate(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        survey: ConferenceSurvey,
        only: frozenset[str] | None = None,
    ) -> Evaluation:
        """A look at *room* on this command's authority; nothing is written."""
        conference = survey.of(room)
        if desired is not None and (why := self.unable(desired)):
            conference = Unknown(room, why)
        source = ObservableRoom(room, conference, self.provider, self.clock)
        authority = self.acting(desired).authority
        return until_left(await evaluate(source, desired, ledger, authority, only))

    def at_rest(
        self, rooms: Collection[str], survey: ConferenceSurvey
    ) -> AbstractAsyncContextManager[RoomsAtRest]:
        """Those of *rooms* that need not be evaluated."""
        conferences = ConferenceCache(self.provider, monotonic, lambda: inf)
        unchanged = UnchangedCache(
            self.store, self.provider, conferences, monotonic, self.rules
        )
        return rooms_at_rest(unchanged, rooms, survey, self.clock)

    def pass_options(
        self,
        cause: str,
        *,
        forced: str | None = None,
        only: Mapping[str, frozenset[str]] | None = None,
        bind: Callable[[Evaluation], Evaluation] = unbound,
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
            bind=recorded(
                bind, lambda: Authority(self.account_sid, forced, self.policy)
            ),
            visiting=self.tracing.visiting if self.tracing else None,
            account=self.account,
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
            rules=self.rules,
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


@asynccontextmanager
async def command_session(
    of: Settings, *, read_only: bool, room: str | None = None
) -> AsyncIterator[CommandSession]:
    """Open database and clients; with *read_only* neither can be written.

    With *room*, of the account that acts in it. Credentials are checked for being there
    before the database is touched; SettingError if the database is another account's,
    or no account can be used.
    """
    accounts = named_accounts(of)
    for each in accounts:
        if len(accounts) == 1 and not each.problem:
            account(each.settings)
    policy = load_policy(of.policy)
    async with AsyncExitStack() as stack:
        opener = open_reader if read_only else open_store
        store = await stack.enter_async_context(await opener(of.database_url))
        await store.compare_clocks(now)
        limit_rings(store, lambda: policy)
        tracing = stack.enter_context(open_tracing(of))
        if tracing:
            store.watch(tracing.transacting)
        opening = _Opening(stack, store, policy, tracing, read_only=read_only)
        if room is not None and len(accounts) > 1:
            acting = (await store.accounts_of([room])).get(room)
            accounts = tuple(x for x in accounts if x.name == acting) or accounts
        session = await opening.session(of, accounts)
        if not read_only:
            await store.restate(now())
        yield session


class _Opening(Struct, frozen=True):
    """What sessions of accounts are opened with."""

    stack: AsyncExitStack
    store: SqlStore
    policy: Policy
    tracing: "Tracing | None"
    read_only: bool

    async def session(
        self, of: Settings, accounts: Sequence[NamedAccount]
    ) -> CommandSession:
        """The session of the only account, or one that reads by all of them."""
        if len(accounts) == 1:
            return await self._one(accounts[0], narrowed=of.account is not None)
        sessions: dict[str, CommandSession] = {}
        problems: dict[str, str] = {}
        for each in accounts:
            try:
                sessions[each.name] = await self._one(each, narrowed=True)
            except SettingError as error:
                problems[each.name] = str(error)
        if not sessions:
            raise SettingError("; ".join(problems.values()))
        for problem in problems.values():
            warn(f"account not used: {problem}")
        return await self._several(sessions, problems)

    async def _several(
        self, sessions: Mapping[str, CommandSession], problems: Mapping[str, str]
    ) -> CommandSession:
        def end_by(at: float) -> None:
            for each in sessions.values():
                each.end_by(at)

        providers = {name: each.provider for name, each in sessions.items()}
        rooms = await self.store.accounts_of()
        first = next(iter(sessions.values()))
        return replace(
            first,
            store=self.store,
            provider=AccountRouter(providers, problems, rooms),
            end_by=end_by,
            account_sid="",
            account="",
            accounts=sessions,
            rules=lambda: "",
        )

    async def _one(self, of: NamedAccount, *, narrowed: bool) -> CommandSession:
        """The session of one account; *narrowed* to the rooms in which it acts."""
        if of.problem:
            raise SettingError(of.problem)
        settings, policy = of.settings, self.policy
        to = account(settings)
        await require_named(self.store, of, bind=not self.read_only)
        own = self.store.of_account(of.name, to.sid)
        limiter = make_limiter(settings, own)
        self.stack.push_async_callback(limiter.give_back)
        client = await self.stack.enter_async_context(
            twilio_client(to, limiter, self.tracing, read_only=self.read_only)
        )
        told = self.tracing.request if self.tracing else ignored
        inner = TwilioProvider(
            client,
            secrets=secrets(lambda: policy),
            limited=limiter.limited,
            warn=warn,
            insights=await open_insights(self.stack, settings, to, told),
            clock=now,
        )
        return CommandSession(
            store=own if narrowed else self.store,
            provider=RateLimitedProvider(inner, limiter, now),
            end_by=client.end_by,
            limiter=limiter,
            clock=now,
            lease_seconds=settings.lease_seconds,
            account_sid=to.sid,
            policy=policy,
            rules=RulesDigest(lambda: policy, account_rules(of.name, to)),
            tracing=self.tracing,
            account=of.name,
        )
