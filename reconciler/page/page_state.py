"""What the page is made of, and what it knows of the daemon."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.requests import Request

from reconciler.engine.ports import Clock
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.operations.operation_context import OperationContext
from reconciler.page.latest_evaluations import LatestEvaluations
from reconciler.page.request_rates import RequestLimits
from reconciler.page.room_list import RoomRows
from reconciler.page.sessions import Sessions
from reconciler.page.token_file import TokenFile

if TYPE_CHECKING:
    from reconciler.page.openid import OpenIdSignIn


class AccountStatus(Struct, frozen=True):
    """The account and the daemon, now. Times are in seconds; None for what is well.

    ``paused_seconds`` is how long Twilio asked to wait, ``credentials_refused_seconds``
    since when it refuses the credentials. Budgets are rings by hour and day.
    ``problem`` is why the account cannot be used at all, "" where it can.
    """

    account_sid: str
    twilio: str
    calls_per_second: float
    paused_seconds: float
    credentials_refused_seconds: float | None
    database_lost_seconds: float | None
    warm: bool
    running_seconds: float
    version: str
    budgets: tuple[tuple[str, int | None, int | None], ...] = ()
    name: str = DEFAULT_ACCOUNT
    problem: str = ""


@dataclass(slots=True)
class PageState:
    """Everything the routes use.

    ``url`` is the page's origin in browsers, "" for that of each request: then it is
    reached by this machine alone. ``mark`` has the loop look at a room for
    a person. ``context`` is made for each decision about a room ("" where it is about
    none), by the policy of then.
    """

    url: str
    latest: LatestEvaluations
    context: Callable[[str], OperationContext]
    clock: Clock
    mark: Callable[[str, str], None]
    accounts: Callable[[], tuple[AccountStatus, ...]]
    tokens: TokenFile | None = None
    openid: "OpenIdSignIn | None" = None
    heartbeat_seconds: float = 5.0
    send_within_seconds: float = 20.0
    sessions: Sessions = field(init=False)
    limits: RequestLimits = field(init=False)
    rows: RoomRows = field(default_factory=RoomRows)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.clock)
        self.limits = RequestLimits(self.clock)

    @property
    def https(self) -> bool:
        """Whether browsers reach the page by TLS."""
        return self.url.startswith("https:")

    @property
    def open(self) -> bool:
        """Whether nobody has to sign in: then everybody is a viewer."""
        return self.tokens is None and self.openid is None

    def origin(self, request: Request) -> str:
        """The origin of the page in the browser that sent *request*."""
        return self.url or f"http://{request.headers.get('host', '')}"

    def deciding(self, room: str) -> asyncio.Lock:
        """Held while a decision about *room* is compared and put on record."""
        return self._locks.setdefault(room, asyncio.Lock())


def page_of(request: Request) -> PageState:
    """What the page is made of."""
    state: PageState = request.app.state.page
    return state
