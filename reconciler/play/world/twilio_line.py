"""A process's way to the simulated Twilio: limiter, client and provider, as wired."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from msgspec import Struct

from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.ports import Clock
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.client import TwilioClient, ignored
from reconciler.twilio.api.insights import Insights
from reconciler.twilio.provider import TwilioProvider

_URL = "http://twilio.test"


class TwilioLine(Struct, frozen=True):
    """Made by ``twilio_line``."""

    client: TwilioClient
    provider: RateLimitedProvider


def twilio_line(
    own: LocalAccount,
    transport: httpx.AsyncBaseTransport,
    limiter: AccountLimiter,
    clock: Clock,
    *,
    jitter: Callable[[], float] = lambda: 0.5,
    provider: dict[str, Any] | None = None,
    insights: bool = False,
    **client: Any,
) -> TwilioLine:
    """A client over *transport*; the rest is for the client, and *provider* for that.

    With *insights* Voice Insights is asked about lost creates.
    """
    account = Account(own.sid, Credentials(own.sid, own.token), _URL)
    twilio_client = TwilioClient(
        account,
        sleep=asyncio.sleep,
        jitter=jitter,
        transport=transport,
        **client,
    )
    summaries = Insights(account, on_request=ignored, transport=transport)
    inner = TwilioProvider(
        twilio_client,
        secrets=str,
        limited=limiter.limited,
        insights=summaries if insights else None,
        clock=clock,
        **(provider or {}),
    )
    return TwilioLine(twilio_client, RateLimitedProvider(inner, limiter, clock))
