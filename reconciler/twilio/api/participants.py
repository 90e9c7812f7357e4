"""Twilio: conference participant resource."""

from collections.abc import AsyncIterator, Awaitable, Callable

from reconciler.engine.ports import Changed, Placed
from reconciler.model.observation import Participant
from reconciler.model.roster import Fields
from reconciler.twilio.api import decode, form
from reconciler.twilio.api.listing_snapshot import ListingSnapshot
from reconciler.twilio.api.pagination import collected, pages
from reconciler.twilio.api.request_builder import Source, address
from reconciler.twilio.api.session import ApiSession
from reconciler.twilio.http.response_parser import Reply

_LIST = "list participants"
_KEY = "participants"
_ANY = "CF00000000000000000000000000000000"
"""Stands for the SID of any conference: letters and digits, which are written as they are."""


class Participants:
    """The participants of conferences.

    A participant is named by call SID or label. All methods raise the errors
    of ``model.errors``; Gone for somebody who is not there.
    """

    def __init__(self, session: ApiSession, page_size: int) -> None:
        self._session = session
        self._whole = ("PageSize", str(page_size))
        self._any_listing = self._listing_of(_ANY).partition(_ANY)

    async def list(self, conference_sid: str) -> tuple[Participant, ...]:
        """All of them, in Twilio's order: complete, or an error is raised."""
        return await collected(self.pages(conference_sid))

    def pages(
        self,
        conference_sid: str,
        *,
        muted: bool | None = None,
        hold: bool | None = None,
        coaching: bool | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[tuple[Participant, ...]]:
        """The pages of those that match; see ``pagination.pages``."""
        filters = (("Muted", muted), ("Hold", hold), ("Coaching", coaching))
        chosen = [(name, form.flag(x)) for name, x in filters if x is not None]
        size = self._whole if page_size is None else ("PageSize", str(page_size))
        return pages(
            self._session,
            _LIST,
            self._url(conference_sid),
            key=_KEY,
            read=decode.items(_KEY, decode.participant),
            query=(*chosen, size),
        )

    def snapshot(
        self, conference_sid: str, shown: tuple[Participant, ...]
    ) -> ListingSnapshot:
        """What tells a later listing from the one that showed *shown*, all of them."""
        return ListingSnapshot(self._source(conference_sid), shown, _only_page)

    def known_listing(self, conference_sid: str, stored: str) -> ListingSnapshot:
        """What tells a later listing from the one of which *stored* was kept."""
        return ListingSnapshot.restored(
            self._source(conference_sid), stored, _only_page
        )

    def _source(self, conference_sid: str) -> Source:
        """Where a listing is: all that is not of a conference is written once."""
        if not (conference_sid.isascii() and conference_sid.isalnum()):
            return self._session.source(self._listing_of(conference_sid))
        before, _, after = self._any_listing
        return self._session.source(f"{before}{conference_sid}{after}")

    def _listing_of(self, conference_sid: str) -> str:
        return address(self._url(conference_sid), (self._whole,))

    def listed_again(self, snapshot: ListingSnapshot) -> Awaitable[Reply]:
        """The listing as it is now, by one request, tried once."""
        return self._session.get_once(_LIST, snapshot.source)

    async def create(
        self,
        conference: str,
        fields: Fields,
        may_send: Callable[[], bool] | None = None,
        redact: tuple[str, ...] = (),
    ) -> Placed:
        """Ring somebody into *conference* (a SID or a name), with one request.

        *may_send* is asked just before the first byte leaves: False sends nothing.
        TransientError: nobody was called. UnknownOutcome: look. TerminalError: a
        person must act. See ``ApiSession.post`` for what a cancellation does. No error
        shows a value that is *redact*.
        """
        created, request_id = await self._session.post(
            "create participant",
            self._url(conference),
            form.encode(fields, form.Request.CREATE),
            decode.whole(decode.created),
            may_send=may_send,
            redact=(*form.secrets(fields), *redact),
        )
        return Placed(created.call_sid, created.conference_sid, request_id)

    async def fetch(self, conference_sid: str, participant: str) -> Participant:
        """One of them."""
        return await self._session.get(
            "fetch participant",
            self._url(conference_sid, participant),
            decode.whole(decode.participant),
        )

    async def update(
        self,
        conference_sid: str,
        participant: str,
        fields: Fields,
        may_send: Callable[[], bool] | None = None,
        redact: tuple[str, ...] = (),
    ) -> Changed:
        """Change one of them, with one request; the answer shows what took.

        *may_send* as for ``create``.
        """
        leg, request_id = await self._session.post(
            "update participant",
            self._url(conference_sid, participant),
            form.encode(fields, form.Request.UPDATE),
            decode.whole(decode.participant),
            may_send=may_send,
            redact=redact,
        )
        return Changed(leg, request_id)

    async def delete(
        self,
        conference_sid: str,
        participant: str,
        may_send: Callable[[], bool] | None = None,
    ) -> str | None:
        """Cut one of them off; the request id. *may_send* as for ``create``."""
        return await self._session.delete(
            "delete participant",
            self._url(conference_sid, participant),
            may_send=may_send,
        )

    def _url(self, conference: str, *participant: str) -> str:
        return self._session.account.url(
            "Conferences", conference, "Participants", *participant
        )


def _only_page(content: bytes) -> tuple[Participant, ...]:
    """Everybody on a page that is the only one; Malformed if it is not."""
    people, following = decode.items(_KEY, decode.participant)(content)
    if following is not None:
        raise decode.Malformed("the first of several pages")
    return people
