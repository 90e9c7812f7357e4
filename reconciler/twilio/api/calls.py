"""Twilio: call resource."""

from collections.abc import AsyncIterator, Callable

from reconciler.model.observation import Call, CallStatus
from reconciler.twilio.api import decode
from reconciler.twilio.api.pagination import collected, pages
from reconciler.twilio.api.session import ApiSession


class Calls:
    """The account's calls; errors are those of ``model.errors``."""

    def __init__(self, session: ApiSession, page_size: int) -> None:
        self._session = session
        self._page_size = page_size

    async def list(
        self,
        *,
        to: str | None = None,
        status: CallStatus | None = None,
        start_time_after: float | None = None,
    ) -> tuple[Call, ...]:
        """All that match: complete, or an error is raised.

        ``start_time_after`` is a Unix time of which only the UTC day counts;
        a call that has not been dialed yet has no start and does not match.
        """
        return await collected(
            self.pages(to=to, status=status, start_time_after=start_time_after)
        )

    def pages(
        self,
        *,
        to: str | None = None,
        status: CallStatus | None = None,
        start_time_after: float | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[tuple[Call, ...]]:
        """The pages of those that match, by ``list``'s filters; see ``pagination.pages``."""
        started = None if start_time_after is None else decode.day(start_time_after)
        filters = (
            ("To", to),
            ("Status", status),
            ("StartTime>", started),
        )
        query = tuple(
            (name, str(value)) for name, value in filters if value is not None
        )
        return pages(
            self._session,
            "list calls",
            self._session.account.url("Calls"),
            key="calls",
            read=decode.items("calls", decode.call),
            query=(*query, ("PageSize", str(page_size or self._page_size))),
        )

    async def fetch(self, sid: str) -> Call:
        """One of them, over or not."""
        return await self._session.get(
            "fetch call", self._url(sid), decode.whole(decode.call)
        )

    async def complete(
        self, sid: str, may_send: Callable[[], bool] | None = None
    ) -> tuple[Call, str | None]:
        """Hang up a call that stands. With the request id.

        *may_send* is asked just before the first byte leaves: False sends nothing.
        """
        return await self._end("complete call", sid, CallStatus.COMPLETED, may_send)

    async def cancel(
        self, sid: str, may_send: Callable[[], bool] | None = None
    ) -> tuple[Call, str | None]:
        """Stop a call that nobody answered; one that was answered continues.

        *may_send* as for ``complete``.
        """
        return await self._end("cancel call", sid, CallStatus.CANCELED, may_send)

    async def _end(
        self,
        operation: str,
        sid: str,
        status: CallStatus,
        may_send: Callable[[], bool] | None,
    ) -> tuple[Call, str | None]:
        return await self._session.post(
            operation,
            self._url(sid),
            (("Status", status),),
            decode.whole(decode.call),
            may_send=may_send,
        )

    def _url(self, sid: str) -> str:
        return self._session.account.url("Calls", sid)
