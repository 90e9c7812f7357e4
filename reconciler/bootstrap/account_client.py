"""The client of an account, and its limits."""

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.bootstrap.environment import (
    monotonic,
    new_run,
    now,
)
from reconciler.engine.limits.call_permits import CallPermits, PermitRequest
from reconciler.engine.limits.call_slots import CallSlots, Reservation
from reconciler.engine.limits.in_flight import MAX_CALLS_IN_FLIGHT, InFlight
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.model.errors import SettingError
from reconciler.settings import Settings
from reconciler.store.database.url import parse_database_url
from reconciler.store.store import SqlStore
from reconciler.twilio.api.account import Account, Credentials, base_url, checked_url
from reconciler.twilio.api.client import TwilioClient, ignored
from reconciler.twilio.api.compatible_service import TWILIO, service_of

if TYPE_CHECKING:
    from reconciler.telemetry.tracing import Tracing


def account(of: Settings) -> Account:
    """Where requests go and who sends them; SettingError if that is not said."""
    api_credentials, service = of.credentials(), service_of(of.service)
    if of.twilio_url or service.url:
        url = checked_url(of.twilio_url or service.url or "", plain_http=of.plain_http)
    elif service is TWILIO:
        url = base_url(of.region, of.edge)
    else:
        raise SettingError(
            f"RECONCILER_SERVICE is {service.name}: set RECONCILER_TWILIO_URL to the "
            "address of your space, such as https://example.signalwire.com"
        )
    credentials = Credentials(api_credentials.user, api_credentials.secret)
    return Account(api_credentials.account_sid, credentials, url, service)


def make_limiter(
    of: Settings, store: SqlStore, on_pause: Callable[[float], None] = lambda _: None
) -> AccountLimiter:
    """The limits of an account, as its settings have them.

    Processes share a PostgreSQL database, and so the account's calls per second and
    its concurrency.
    """
    shared = parse_database_url(of.database_url).path is None
    most, strict = of.concurrency or MAX_CALLS_IN_FLIGHT, of.concurrency is not None
    claimant = new_run()

    async def reserve(calls: int, gap: float) -> Reservation:
        return await store.reserve_calls(calls, gap, now())

    async def claim(request: PermitRequest) -> int:
        return await store.claim_permits(claimant, request, most, now())

    permits = CallPermits(claim, monotonic) if shared and strict else None
    return AccountLimiter(
        calls_per_second=of.calls_per_second,
        clock=now,
        jitter=random.random,
        in_flight=InFlight(most, strict=strict, permits=permits),
        on_pause=on_pause,
        slots=CallSlots(of.calls_per_second, reserve, monotonic) if shared else None,
    )


def twilio_client(
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
