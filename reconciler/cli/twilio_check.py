"""Checks of the doctor at Twilio: credentials and clock."""

import asyncio
import random
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from reconciler.bootstrap import now
from reconciler.bootstrap.account_client import account
from reconciler.bootstrap.account_source import NamedAccount
from reconciler.cli.check_finding import Finding, Level, failed, passed
from reconciler.model.errors import ReconcilerError, SettingError
from reconciler.model.observation import ConferenceStatus
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.api.transports import ReadOnly, make_transports

_MAX_SKEW_SECONDS = 10.0
"""Seconds by which this clock and Twilio's may differ without a word."""


class _Listening(httpx.AsyncBaseTransport):
    """Remembers what the other side's clock said, and what ours did then."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.skew: float | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = now()
        response = await self._inner.handle_async_request(request)
        told = response.headers.get("Date")
        if told is not None:
            self.skew = _skew(told, sent, now())
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _skew(told: str, sent: float, came: float) -> float | None:
    """Seconds by which our clock is ahead; a Date header has no fractions."""
    try:
        theirs = parsedate_to_datetime(told).timestamp()
    except ValueError:
        return None
    if theirs + 1 < sent:
        return sent - theirs - 1
    return min(0.0, came - theirs)


async def twilio_findings(of: NamedAccount) -> list[Finding]:
    try:
        to = account(of.settings)
        reading, writing = make_transports(to.base_url, 1)
    except SettingError as error:
        return [failed("credentials", error)]
    await writing.aclose()
    line = _Listening(ReadOnly(reading))
    client = TwilioClient(
        to, sleep=asyncio.sleep, jitter=random.random, page_size=1, transport=line
    )
    async with client:
        findings = await _asked(client, to)
    return [*findings, *_clock(line.skew)]


async def _asked(client: TwilioClient, to: Account) -> list[Finding]:
    """The two questions that every look at rooms rests on."""
    finding = passed(
        "credentials", f"accepted for account {to.sid[:6]}… ({to.base_url})"
    )
    findings: list[Finding] = []
    for status in (ConferenceStatus.IN_PROGRESS, ConferenceStatus.INIT):
        try:
            await client.conferences.list("reconciler doctor", status)
        except ReconcilerError as error:
            if not findings:
                return [failed("credentials", error)]
            text = f"conferences that have not started are not listed: {error}"
            return [finding, Finding("conferences", Level.WARN, text)]
        findings = [finding]
    return findings


def _clock(skew: float | None) -> Iterator[Finding]:
    if skew is None:
        return
    if abs(skew) <= _MAX_SKEW_SECONDS:
        yield passed("clock", "agrees with Twilio's")
        return
    side = "ahead of" if skew > 0 else "behind"
    text = (
        f"this clock is {abs(skew):.0f} s {side} Twilio's: set it by NTP, or calls "
        "are searched for at the wrong time"
    )
    yield Finding("clock", Level.WARN, text)
