"""Snapshot of a listing, for comparison with later ones.

Unchanged rooms are most of what a daemon reads, so this is as short as it can
be: equal bytes are the same listing; else only the fields that an observation
keeps are decoded and compared. Anything else than "the same" is left to an observation.
"""

from collections.abc import Callable
from hashlib import blake2b
from operator import attrgetter
from typing import Self

import httpx
from msgspec import DecodeError, Struct
from msgspec.json import Decoder, Encoder

from reconciler.model.observation import ListingToken, Participant
from reconciler.twilio.api.request_builder import Source
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


_FIELDS_OF = attrgetter(*_SnapshotRow.__struct_fields__)
_DECODER = Decoder(_SnapshotRows)
_ENCODER = Encoder()
_DIGEST_BYTES = 16

HASHED_BYTES = 8 * 1024
"""Up to this length a body is kept as a hash: a daemon has thousands of short ones."""


def _kept(body: bytes) -> bytes | int:
    """What tells a body from another: of a short one SipHash, with the process's key.

    Of 2**64 values two bodies share one by chance, and by no design. To hash a long
    one at each check takes longer than to compare it.
    """
    return hash(body) if len(body) <= HASHED_BYTES else body


def _digest(rows: _SnapshotRows) -> bytes:
    return blake2b(_ENCODER.encode(rows), digest_size=_DIGEST_BYTES).digest()


def _page_of(shown: Page) -> _SnapshotRows:
    """The only page that shows *shown*, as Twilio sends it."""
    rows = [_SnapshotRow(*_FIELDS_OF(leg)) for leg in shown]
    return _SnapshotRows(rows, None, 0, len(rows) - 1 if rows else 0)


class ListingSnapshot(ListingToken):
    """One listing, whole on one page; ``source`` is where it is read again.

    ``read`` makes of a page's bytes what an observation holds of them, and
    raises ValueError for a page that is not Twilio's or not the only one. Of a page
    that was read a hash of its bytes is kept, of a long one the bytes, and a digest
    of its fields.
    """

    __slots__ = ("_body", "_read", "_rows", "_shown", "source")

    def __init__(
        self, source: Source, shown: Page, read: Callable[[bytes], Page]
    ) -> None:
        self.source = source
        self._shown = shown
        self._read = read
        self._body: bytes | int | None = None
        self._rows: bytes | None = None

    @classmethod
    def restored(
        cls, source: Source, stored: str, read: Callable[[bytes], Page]
    ) -> Self:
        """The listing at *source* of which another process kept *stored*."""
        snapshot = cls(source, (), read)
        snapshot._rows = bytes.fromhex(stored)
        return snapshot

    @property
    def stored(self) -> str:
        """A hash of what is compared, the same in every process."""
        rows = self._rows
        return (_digest(_page_of(self._shown)) if rows is None else rows).hex()

    def matches(self, reply: Reply) -> bool:
        """Whether an observation of *reply* would show what was seen."""
        return _kept(reply[2]) == self._body or self._shows_the_same(reply)

    def _shows_the_same(self, reply: Reply) -> bool:
        try:
            content = plain(reply)
            rows = _digest(_DECODER.decode(content))
            same = self._shows(content) if self._rows is None else rows == self._rows
        except (DecodeError, ValueError, RecursionError, httpx.DecodingError):
            return False
        if same:
            self._body, self._rows, self._shown = _kept(reply[2]), rows, ()
        return same

    def _shows(self, content: bytes) -> bool:
        """Asked the first time, when only the observation is known."""
        return self._read(content) == self._shown
