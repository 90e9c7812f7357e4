"""Builds the operators' page from settings and the parts of the daemon."""

import asyncio
import importlib.util
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace
from starlette.types import ASGIApp

from reconciler import __version__
from reconciler.bootstrap.command_session import CommandSession
from reconciler.bootstrap.daemon_accounts import AccountParts, DaemonAccounts
from reconciler.bootstrap.environment import now
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.bootstrap.service import Daemon
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.errors import SettingError
from reconciler.model.loopback import is_loopback
from reconciler.page.latest_evaluations import LatestEvaluations
from reconciler.page.record_watch import RecordWatch
from reconciler.server.allowed_hosts import AllowedHosts
from reconciler.server.listener import host_and_port, listen, serve
from reconciler.settings import OpenIdSettings, PageSettings, Settings
from reconciler.store.store import SqlStore

if TYPE_CHECKING:
    from reconciler.page.openid import OpenIdSignIn
    from reconciler.page.page_state import AccountStatus


CLOSE_SECONDS = 2.0
"""Seconds that requests under way have at the end."""


class PageParts(Struct, frozen=True):
    """The parts of the daemon that the page reads and decides with."""

    accounts: DaemonAccounts
    store: SqlStore
    policy: PolicySource
    daemon: Daemon
    latest: LatestEvaluations

    def of_room(self, room: str) -> AccountParts:
        """The account that acts in *room*, the first one where none does."""
        controllers = self.daemon.controller.by_account
        parts = self.accounts.parts
        own = (x for x in parts if controllers[x.name].knows(room))
        return next(own, parts[0])


def require_page(address: str, page: PageSettings) -> None:
    """SettingError if the page must not listen at *address*, or cannot be shown.

    Beyond this machine, people must sign in, and a proxy must add TLS.
    """
    host, _ = host_and_port(address, "--page-listen")
    if not is_loopback(host):
        _require_sign_in(address, page)
        if page.url is None or not page.url.startswith("https://"):
            raise SettingError(
                f"--page-listen {address} is reached by other machines: put a proxy "
                "with TLS in front, and set RECONCILER_PAGE_URL to its https:// "
                "address; or listen at 127.0.0.1"
            )
    if page.url is not None and not _names_this_machine(page.url):
        _require_sign_in(page.url, page)
    needed = ("jinja2", "authlib") if page.openid else ("jinja2",)
    missing = [x for x in needed if not importlib.util.find_spec(x)]
    if missing:
        raise SettingError(
            f"--page-listen needs {' and '.join(missing)}. To install: "
            "pip install 'conference-reconciler[page]'"
        )


def _require_sign_in(where: str, page: PageSettings) -> None:
    if not page.signs_in:
        raise SettingError(
            f"the page at {where} is reached by other machines, and nobody has to "
            "sign in: set RECONCILER_PAGE_TOKENS_FILE or RECONCILER_PAGE_OIDC_ISSUER; "
            "or listen at 127.0.0.1"
        )


def _names_this_machine(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


@asynccontextmanager
async def serve_page(
    of: Settings, parts: PageParts, address: str
) -> AsyncIterator[str]:
    """Serve the page at *address*; a line that says where."""
    app = _page_app(of, parts)
    elsewhere = parts.daemon.controller.elsewhere
    watch = RecordWatch(parts.store, parts.latest, now, elsewhere)
    listener = serve(app, listen(address, "--page-listen"))
    watching = asyncio.create_task(watch.run())
    try:
        yield f"page at {of.page.url or listener.url}"
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await listener.close(CLOSE_SECONDS)


def _page_app(of: Settings, parts: PageParts) -> ASGIApp:
    from reconciler.page.page_app import page_app  # noqa: PLC0415 - an extra
    from reconciler.page.page_state import PageState  # noqa: PLC0415 - an extra
    from reconciler.page.token_file import TokenFile  # noqa: PLC0415 - an extra

    page, tokens = of.page, None
    if page.tokens or page.token_lines:
        tokens = TokenFile.open(page.tokens, page.token_lines)
    parts.daemon.page_tokens = tokens
    state = PageState(
        url=page.url or "",
        latest=parts.latest,
        context=lambda room: _context(of, parts, room),
        clock=now,
        mark=lambda room, who: _mark(parts, room, who),
        accounts=lambda: _account_statuses(parts),
        tokens=tokens,
        openid=_openid(page.openid) if page.openid else None,
    )
    names = (urlsplit(page.url).hostname or "",) if page.url else ()
    return AllowedHosts(page_app(state), names, "RECONCILER_PAGE_URL")


def _openid(of: OpenIdSettings) -> "OpenIdSignIn":
    from reconciler.page.openid import OpenIdSignIn  # noqa: PLC0415 - heavy, an extra

    return OpenIdSignIn.open(of)


def _context(of: Settings, parts: PageParts, room: str) -> CommandSession:
    account = parts.of_room(room)
    return CommandSession(
        store=parts.store,
        provider=account.provider,
        end_by=lambda _: None,
        limiter=account.limiter,
        clock=now,
        lease_seconds=of.lease_seconds,
        account_sid=account.to.sid,
        policy=parts.policy.current,
    )


def _mark(parts: PageParts, room: str, who: str) -> None:
    parts.daemon.controller.mark(room, Priority.PERSON, who)


def _account_statuses(parts: PageParts) -> "tuple[AccountStatus, ...]":
    """Each account, those that cannot be used last."""
    problems = parts.accounts.problems.items()
    acting = [_account_status(parts, each) for each in parts.accounts.parts]
    held = [
        replace(acting[0], name=name, problem=problem, account_sid="", twilio="")
        for name, problem in problems
    ]
    return (*acting, *held)


def _account_status(parts: PageParts, account: AccountParts) -> "AccountStatus":
    from reconciler.page.page_state import AccountStatus  # noqa: PLC0415 - an extra

    vitals, policy = parts.daemon.vitals(), parts.policy.current
    at = time.monotonic()

    def since(moment: float | None) -> float | None:
        return None if moment is None else max(0.0, at - moment)

    return AccountStatus(
        account_sid=account.to.sid,
        twilio=account.to.base_url,
        calls_per_second=account.settings.calls_per_second,
        paused_seconds=account.limiter.paused_for(now()),
        credentials_refused_seconds=since(account.refused_at),
        database_lost_seconds=since(vitals.database_lost_at),
        warm=vitals.warmed,
        running_seconds=at - vitals.started_at,
        version=__version__,
        budgets=(
            ("to one number", policy.per_number.hour, policy.per_number.day),
            ("of the account", policy.per_account.hour, policy.per_account.day),
        ),
        name=account.name,
    )
