"""Twilio: Voice Insights, conference summaries and conference participant summaries.

Another host than the API's, with the same credentials. Advanced Features of Voice
Insights must be active in the account.
"""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from msgspec import Struct
from msgspec.structs import replace

from reconciler import __version__
from reconciler.twilio.api import decode
from reconciler.twilio.api.account import Account, segment
from reconciler.twilio.api.session import ApiSession
from reconciler.twilio.api.transports import ReadOnly, make_transports
from reconciler.twilio.http.timing import OnRequest, Timing

PAGE_SIZE: Final = 50
"""Rows that are read: of a page after the first nothing is believed."""

_TIMING: Final = Timing(tries=1, read_seconds=4.0, read_total_seconds=4.0)


class ConferenceSummary(Struct, frozen=True):
    """A conference, over or not. Times are Unix seconds, None until they happen."""

    sid: str
    name: str
    created_at: float | None
    ended_at: float | None


class ParticipantSummary(Struct, frozen=True):
    """A participant; ``complete`` says that Twilio changes nothing of it any longer."""

    call_sid: str
    account_sid: str
    label: str
    to: str
    outbound: bool
    complete: bool


def insights_url(base_url: str) -> str:
    """Where Voice Insights is for an API at *base_url*.

    Twilio has a host for each product; the simulator serves all of them.
    """
    url = httpx.URL(base_url)
    if url.host.startswith("api.") and url.host.endswith(".twilio.com"):
        return str(url.copy_with(host=f"insights.{url.host.removeprefix('api.')}"))
    return base_url


class Insights:
    """Summaries of *account*'s conferences; errors are those of ``model.errors``.

    Sends nothing but GET, once each. ``transport`` replaces the network, and is closed
    by its owner.
    """

    def __init__(
        self,
        account: Account,
        *,
        on_request: OnRequest,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        there = replace(account, base_url=insights_url(account.base_url).rstrip("/"))
        self.account = account
        self._url = f"{there.base_url}/v1/Conferences"
        self._own = transport is None
        reading = transport or make_transports(there.base_url, 1)[0]
        self._session = ApiSession(
            there,
            ReadOnly(reading),
            ReadOnly(reading),
            timing=_TIMING,
            sleep=asyncio.sleep,
            jitter=random.random,
            on_request=on_request,
            on_limit=lambda _: None,
            user_agent=f"reconciler/{__version__}",
        )

    async def conferences(
        self, name: str, created_after: float, created_before: float
    ) -> tuple[ConferenceSummary, ...]:
        """The conferences of *name* that began in that time, as far as a page shows."""
        query = (
            ("FriendlyName", name),
            ("CreatedAfter", _moment(created_after)),
            ("CreatedBefore", _moment(created_before)),
            ("PageSize", str(PAGE_SIZE)),
        )
        return await self._session.get(
            "list conference summaries", self._url, _read_conferences, query
        )

    async def participants(
        self, conference_sid: str, label: str
    ) -> tuple[ParticipantSummary, ...]:
        """Who was in a conference under *label*, as far as a page shows."""
        url = f"{self._url}/{segment(conference_sid)}/Participants"
        query = (("Label", label), ("PageSize", str(PAGE_SIZE)))
        return await self._session.get(
            "list participant summaries", url, _read_participants, query
        )

    async def close(self) -> None:
        """Close the connections; a transport that was given stays open."""
        if self._own:
            await self._session.close()


def _moment(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_conferences(content: bytes) -> tuple[ConferenceSummary, ...]:
    return tuple(
        ConferenceSummary(
            sid=_text(row, "conference_sid"),
            name=_text(row, "friendly_name"),
            created_at=_time(row, "create_time"),
            ended_at=_time(row, "end_time"),
        )
        for row in _rows(content, "conferences")
    )


def _read_participants(content: bytes) -> tuple[ParticipantSummary, ...]:
    return tuple(
        ParticipantSummary(
            call_sid=_text(row, "call_sid"),
            account_sid=_text(row, "account_sid"),
            label=_text(row, "label"),
            to=_text(row, "to"),
            outbound=row.get("call_direction") == "outbound",
            complete=row.get("processing_state") == "complete",
        )
        for row in _rows(content, "participants")
    )


def _rows(content: bytes, key: str) -> list[Mapping[str, Any]]:
    rows = decode.body(content).get(key)
    if not isinstance(rows, list) or not all(isinstance(x, dict) for x in rows):
        raise decode.Malformed(f"a page without a list of {key}")
    return rows


def _text(row: Mapping[str, Any], name: str) -> str:
    """A text, "" for null or none."""
    text = row.get(name)
    if text is not None and not isinstance(text, str):
        raise decode.Malformed(f"{name} that is no text")
    return text or ""


def _time(row: Mapping[str, Any], name: str) -> float | None:
    text = _text(row, name)
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError, OSError):
        raise decode.Malformed(f"{name} that is no time") from None
