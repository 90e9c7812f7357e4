"""Twilio: conference resource."""

from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Annotated

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder

from reconciler.model.observation import Conference, ConferenceStatus
from reconciler.twilio.api import decode
from reconciler.twilio.api.pagination import collected, pages
from reconciler.twilio.api.session import ApiSession

_KEY = "conferences"
_REMEMBERED = 16
"""Pages that are not decoded again when they come again, byte by byte."""

_Text = Annotated[str, Meta(min_length=1)]


class _Row(Struct, gc=False):
    """The fields of ``model.observation.Conference`` as Twilio sends them."""

    sid: _Text
    friendly_name: _Text
    status: ConferenceStatus
    reason_conference_ended: str | None = None


class _Rows(Struct, gc=False):
    """A page of a listing, which may hold a thousand."""

    conferences: list[_Row]
    next_page_uri: str | None
    start: int | None = None
    end: int | None = None


_DECODER = Decoder(_Rows)
_PLAINLY = decode.items(_KEY, decode.conference)


def _page(content: bytes) -> tuple[tuple[Conference, ...], str | None]:
    """The conferences of a page; what is amiss is found the slow way."""
    try:
        rows = _DECODER.decode(content)
    except (DecodeError, RecursionError):
        return _PLAINLY(content)
    if decode.excess(rows.start, rows.end, len(rows.conferences)):
        return _PLAINLY(content)
    conferences = tuple(
        Conference(
            row.sid,
            row.friendly_name,
            row.status,
            row.reason_conference_ended or None,
        )
        for row in rows.conferences
    )
    return conferences, rows.next_page_uri or None


class Conferences:
    """The account's conferences; errors are those of ``model.errors``."""

    def __init__(self, session: ApiSession, page_size: int) -> None:
        self._session = session
        self._page_size = page_size
        self._page = lru_cache(_REMEMBERED)(_page)

    async def list(
        self, friendly_name: str | None = None, status: ConferenceStatus | None = None
    ) -> tuple[Conference, ...]:
        """All that match, in Twilio's order: complete, or an error is raised."""
        return await collected(self.pages(friendly_name, status))

    def pages(
        self,
        friendly_name: str | None = None,
        status: ConferenceStatus | None = None,
        *,
        page_size: int | None = None,
    ) -> AsyncIterator[tuple[Conference, ...]]:
        """The pages of those that match; see ``pagination.pages``."""
        filters = (("FriendlyName", friendly_name), ("Status", status))
        query = tuple(
            (name, str(value)) for name, value in filters if value is not None
        )
        return pages(
            self._session,
            "list conferences",
            self._session.account.url("Conferences"),
            key=_KEY,
            read=self._page,
            query=(*query, ("PageSize", str(page_size or self._page_size))),
        )

    async def fetch(self, sid: str) -> Conference:
        """One of them, over or not."""
        return await self._session.get(
            "fetch conference", self._url(sid), decode.whole(decode.conference)
        )

    async def complete(
        self, sid: str, may_send: Callable[[], bool] | None = None
    ) -> tuple[Conference, str | None]:
        """End it: everybody is cut off. With the request id.

        *may_send* is asked just before the first byte leaves: False sends nothing.
        """
        return await self._session.post(
            "complete conference",
            self._url(sid),
            (("Status", ConferenceStatus.COMPLETED),),
            decode.whole(decode.conference),
            may_send=may_send,
        )

    def _url(self, sid: str) -> str:
        return self._session.account.url("Conferences", sid)
