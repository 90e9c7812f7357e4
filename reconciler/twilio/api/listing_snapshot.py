"""Snapshot of a listing, for comparison with later ones.

Unchanged rooms are most of what a daemon reads, so this is as short as it can
be: equal bytes are the same listing; else only the fields that an observation
keeps are decoded and compared. Anything else than "the same" is left to a look.
"""

from collections.abc import Callable

import httpx
from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from reconciler.model.observation import ListingToken, Participant
from reconciler.twilio.api.response import plain
from reconciler.twilio.http.response_parser import Reply

Page = tuple[Participant, ...]


class _SnapshotRow(Struct, frozen=True, gc=False):
    """The fields of ``model.observation.Participant`` as Twilio sends them.

    Without those that have no default, a page is no observation.
    """

    call_sid: str
    conference_sid: str
    status: str | None
    muted: bool | None
    hold: bool | None
    label: str | None = None
    coaching: bool | None = None
    call_sid_to_coach: str | None = None
    end_conference_on_exit: bool | None = None
    start_conference_on_enter: bool | None = None


class _SnapshotRows(Struct, frozen=True, gc=False):
    """A page, with what tells whether it is whole."""

    participants: list[_SnapshotRow]
    next_page_uri: str | None
    start: int | None = None
    end: int | None = None


_DECODER = Decoder(_SnapshotRows)


class ListingSnapshot(ListingToken):
    """One listing, whole on one page; ``request`` reads it again.

    ``read`` makes of a page's bytes what an observation holds of them, and
    raises ValueError for a page that is not Twilio's or not the only one.
    """

    __slots__ = ("_body", "_read", "_rows", "_shown", "request")

    def __init__(
        self, request: httpx.Request, shown: Page, read: Callable[[bytes], Page]
    ) -> None:
        self.request = request
        self._shown = shown
        self._read = read
        self._body: bytes | None = None
        self._rows: _SnapshotRows | None = None

    def matches(self, reply: Reply) -> bool:
        """Whether an observation of *reply* would show what was seen."""
        return reply[2] == self._body or self._shows_the_same(reply)

    def _shows_the_same(self, reply: Reply) -> bool:
        try:
            content = plain(reply)
            rows = _DECODER.decode(content)
            same = self._shows(content) if self._rows is None else rows == self._rows
        except (DecodeError, ValueError, RecursionError, httpx.DecodingError):
            return False
        if same:
            self._body, self._rows, self._shown = reply[2], rows, ()
        return same

    def _shows(self, content: bytes) -> bool:
        """Asked the first time, when only the observation is known."""
        return self._read(content) == self._shown
