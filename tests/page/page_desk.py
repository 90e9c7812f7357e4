"""The page over a real store and a simulated account, on a clock of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from reconciler.bootstrap.command_session import CommandSession
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.declaration import Declaration
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.model.roster import Limits, Member, Roster
from reconciler.operations.evaluated_room import see
from reconciler.page.latest_evaluations import LatestEvaluations
from reconciler.page.page_app import page_app
from reconciler.page.page_state import AccountStatus, PageState
from reconciler.page.token_file import TokenFile
from reconciler.play.world.twilio_line import twilio_line
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.people import People, Subscriber
from reconciler.simulator.http.asgi import ApiEndpoint
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.doubles.exchange_transport import ExchangeTransport
from tests.sqlite_file import with_tables

START = 1_776_158_802.0
ORIGIN = "http://127.0.0.1:8090"
OPERATOR = "operator-token-0123456789"
VIEWER = "viewer-token-0123456789"
TOKENS = f"# people\nann operator {OPERATOR}\nvic viewer {VIEWER}\n"
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}

ROOM = "line"
PHONE = "+15551230001"


def person(label: str, to: str = "", **more: Any) -> Member:
    number = to or f"+1555{sum(map(ord, label)):07d}"
    return Member(label=label, to=number, sender="+15005550006", **more)


LINE = Roster(
    ROOM,
    (
        person("ann", PHONE, muted=False),
        person("bob", muted=True),
        person("sup", coaching="ann"),
    ),
    limits=Limits(removals=1),
)


@dataclass
class PageDesk:
    """The page with everything around it but the loop: ``look`` stands for that."""

    folder: Path
    store: SqlStore
    exchange: Exchange
    state: PageState
    session: CommandSession
    clock: "Clock"
    marks: list[tuple[str, str]] = field(default_factory=list)

    async def declare(self, *rosters: Roster | Declaration) -> None:
        await self.store.load(rosters, folder=None, now=self.clock(), cause="test")

    def seat(self, label: str, to: str, room: str = ROOM, **more: str) -> None:
        """Somebody joins under *label*."""
        form = {"From": "+15005550006", "To": to, "Label": label, **more}
        fields = {name: (value,) for name, value in form.items()}
        self.exchange.create_participant(room, fields)
        self.pass_time(2)

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.exchange.catch_up()

    async def look(self, room: str | None = None) -> None:
        """Read the rooms as the daemon's loop does."""
        for each in await see(self.session, room):
            self.state.latest.on_evaluated(
                ReconcileResult(each.evaluation), (), self.clock()
            )

    def client(self, token: str = "", **more: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(page_app(self.state)),
            base_url=ORIGIN,
            headers=headers,
            **more,
        )

    @asynccontextmanager
    async def browser(self, token: str = OPERATOR) -> AsyncIterator[httpx.AsyncClient]:
        """A browser that signed in with *token*."""
        async with self.client() as http:
            answer = await http.post("/sign-in", data={"token": token}, headers=SAME)
            assert answer.status_code == 303, answer.text
            yield http

    async def messages(self, room: str = ROOM) -> list[tuple[str, str, str]]:
        """Kind, text and cause of what is on record of the room."""
        events = await self.store.events(room, limit=100)
        return [(x.kind, x.message, x.cause) for x in events]


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def page_desk(
    folder: Path, policy: Policy = UNRESTRICTED, **state: Any
) -> AsyncIterator[PageDesk]:
    clock = Clock()
    exchange = Exchange(
        clock,
        people=People(others=Subscriber(answers_after=0.5)),
        switches=Switches(connecting_seconds=0.0),
        calls_per_second=50.0,
    )
    budget = AccountLimiter(calls_per_second=50, clock=clock, jitter=lambda: 0.5)
    own = exchange.account
    tokens = folder / "tokens"
    tokens.write_text(TOKENS, "utf-8")
    state = {"tokens": TokenFile.open(str(tokens)), **state}
    async with await open_store(
        f"sqlite:///{with_tables(folder / 'page.db')}"
    ) as store:
        transport = ExchangeTransport(ApiEndpoint(exchange))
        line = twilio_line(own, transport, budget, clock)
        async with line.client:
            provider = line.provider
            session = CommandSession(
                store=store,
                provider=provider,
                end_by=lambda _: None,
                limiter=budget,
                clock=clock,
                lease_seconds=8.0,
                account_sid=own.sid,
                policy=policy,
            )
            marks: list[tuple[str, str]] = []
            made = PageState(
                url=state.pop("url", ""),
                latest=LatestEvaluations(),
                context=lambda _room: session,
                clock=clock,
                mark=lambda room, who: marks.append((room, who)),
                accounts=lambda: (status(own.sid),),
                **state,
            )
            desk = PageDesk(folder, store, exchange, made, session, clock, marks)
            await desk.declare(LINE)
            yield desk


def status(account_sid: str) -> AccountStatus:
    return AccountStatus(
        account_sid=account_sid,
        twilio="http://twilio.test",
        calls_per_second=1.0,
        paused_seconds=0.0,
        credentials_refused_seconds=None,
        database_lost_seconds=None,
        warm=True,
        running_seconds=90.0,
        version="1",
        budgets=(("to one number", 5, None),),
    )
