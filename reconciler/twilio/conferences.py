"""Twilio: conference resource."""

from reconciler.model.observation import Conference, ConferenceStatus
from reconciler.twilio import wire
from reconciler.twilio.line import Line
from reconciler.twilio.paging import collected, pages


class Conferences:
    """The account's conferences; errors are those of ``model.errors``."""

    def __init__(self, line: Line, page_size: int) -> None:
        self._line = line
        self._page_size = page_size

    async def list(
        self, friendly_name: str | None = None, status: ConferenceStatus | None = None
    ) -> tuple[Conference, ...]:
        """All that match, in Twilio's order: complete, or an error is raised."""
        filters = (("FriendlyName", friendly_name), ("Status", status))
        query = tuple(
            (name, str(value)) for name, value in filters if value is not None
        )
        return await collected(
            pages(
                self._line,
                "list conferences",
                self._line.account.url("Conferences"),
                key="conferences",
                decode=wire.conference,
                query=(*query, ("PageSize", str(self._page_size))),
            )
        )

    async def fetch(self, sid: str) -> Conference:
        """One of them, over or not."""
        return await self._line.get("fetch conference", self._url(sid), wire.conference)

    async def complete(self, sid: str) -> tuple[Conference, str | None]:
        """End it: everybody is cut off. With the request id."""
        return await self._line.post(
            "complete conference",
            self._url(sid),
            (("Status", ConferenceStatus.COMPLETED),),
            wire.conference,
        )

    def _url(self, sid: str) -> str:
        return self._line.account.url("Conferences", sid)
