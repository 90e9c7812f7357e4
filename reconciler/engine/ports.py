"""Interfaces to the outside world, as Protocols."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from reconciler.engine.desired_room import Desired, Version
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.attempt import Attempt
from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.event import Event
from reconciler.model.ledger import Correction, GuardKind, Ledger, WithheldKind
from reconciler.model.observation import (
    Call,
    Conference,
    ConferenceSurvey,
    ListingToken,
    Observation,
    Participant,
    Questions,
    Unknown,
)
from reconciler.model.partly_compared import PartlyCompared
from reconciler.model.recorded_observation import ObservedRoom
from reconciler.model.roster import Value
from reconciler.model.watermark import Watermark
from reconciler.planning.finding import Finding

Clock = Callable[[], float]
"""Unix seconds."""

Visiting = Callable[[str, str | None], AbstractContextManager[object]]
"""What is open while a room is visited, given the room and the cause of the visit."""


SEND_WITHIN_SECONDS = 2.0
"""Seconds after a check of the room's row within which a request must leave.

So whoever pauses a room and waits for this long knows that nothing leaves any longer.
"""


class Lease(PartlyCompared, frozen=True):
    """The right to act on a room; ``fencing_token`` grows with each new holder.

    ``version`` is what the room's row said when the lease was taken, None if it was
    never loaded.
    """

    not_compared = frozenset({"version"})

    room: str
    owner: str
    fencing_token: int
    expires_at: float
    version: Version | None = None


class Notes(Struct, frozen=True):
    """All that one moment of a run puts on record, in one transaction.

    ``memory`` is what was sent, by call SID and field name; a value of None
    forgets the field. ``confirmed`` are corrections, by call SID and field, that
    a listing shows. ``removals`` are calls removed without a person's approval.
    ``withheld`` are kinds to be withheld from now on, ``lifted`` those that are
    not any longer. ``identities`` are calls told apart for good.
    ``conference_sid`` is the conference seen, None to leave the last one.
    ``ended`` is a run with its result, once it is over. ``approved`` names what
    is still to be done of an approved plan, () when nothing is; None leaves it.
    ``observed`` is what the room shows, where that is not on record yet.
    ``account_left`` says that nobody is left with the account that acted until now.
    """

    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    memory: Mapping[str, Mapping[str, Value | None]] | None = None
    corrections: tuple[Correction, ...] = ()
    confirmed: tuple[tuple[str, str], ...] = ()
    removals: tuple[str, ...] = ()
    withheld: tuple[WithheldKind, ...] = ()
    lifted: tuple[GuardKind, ...] = ()
    identities: tuple[Call, ...] = ()
    conference_sid: str | None = None
    ended: tuple[str, str] | None = None
    approved: tuple[str, ...] | None = None
    observed: ObservedRoom | None = None
    account_left: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.findings
            or self.events
            or self.memory
            or self.corrections
            or self.confirmed
            or self.removals
            or self.withheld
            or self.lifted
            or self.identities
            or self.conference_sid
            or self.ended
            or self.approved is not None
            or self.observed is not None
            or self.account_left
        )


NO_NOTES = Notes()


class FirstNotes(Struct, frozen=True):
    """What is put on record with a lease that has this fencing token, and no other."""

    notes: Notes = NO_NOTES
    fencing_token: int | None = None


NO_FIRST_NOTES = FirstNotes()


class AttemptDraft(Struct, frozen=True):
    """An attempt about to be committed; see ``Attempt`` for the fields.

    ``event`` is recorded with it. ``version`` is the one that the room must
    have, None for any.
    """

    ring: Ring
    room: str
    generation: int
    created_at: float
    send_by: float
    event: Event | None = None
    version: Version | None = None


class Changes(Struct, frozen=True):
    """Rooms that were written, by any process, each with the transactions.

    ``watermark``: every transaction that it covers is visible to this read; others
    may not be. What transactions before ``kept_from`` wrote may be forgotten.
    """

    rooms: Mapping[str, frozenset[int]]
    watermark: Watermark
    kept_from: int = 0

    def reaches(self, since: Watermark) -> bool:
        """Whether it is known what *since* does not cover, and not that all may be."""
        missing = since.oldest_missing(self.watermark)
        return self.watermark.includes(since) and missing >= self.kept_from


class Store(Protocol):
    """SQL, as the loop sees it. Every method is one transaction.

    All raise StoreError when the database cannot be used. Methods that take a
    lease raise RoomBusy, and write nothing, when it is not held any longer at
    ``now``. Times are Unix seconds.
    """

    async def advance(self, now: float) -> tuple[str, ...]:
        """Let what counts at *now* count in every room whose roster's time is over.

        The rooms whose roster changed, sorted. Overrides that have ended are put
        on record as such. Nothing is written where nothing is due.
        """
        ...

    async def rooms(self) -> tuple[str, ...]:
        """The names of all rooms ever loaded, sorted, released ones too."""
        ...

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        """The roster, None if never loaded, and the ledger of each room, of one moment.

        As many queries for many rooms as for one.
        """
        ...

    async def read_desired(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, Desired]:
        """What ``read`` gives of the rosters, without ledgers, of rooms that were loaded."""
        ...

    async def changes(self, since: Watermark | None) -> Changes:
        """What *since* does not cover, which is all if that is not known.

        For None, no rooms: only from when to when changes are known.
        """
        ...

    async def record_converged(self, rooms: Sequence[ConvergedRoom]) -> None:
        """Record rooms that are as declared, over earlier records of them."""
        ...

    async def confirm_converged(
        self, known: Mapping[str, float], watermark: Watermark
    ) -> None:
        """Record that no row of these rooms was written up to *watermark*.

        *known* has when each was evaluated; one of which another evaluation is stored
        stays as it is.
        """
        ...

    async def converged(
        self, rooms: Collection[str], rules: str
    ) -> Sequence[RestoredRoom]:
        """Those of *rooms* that were found as declared by *rules*.

        Without those of which another observation is on record since.
        """
        ...

    async def events(self, room: str, *, limit: int) -> Sequence[Event]:
        """The newest events of *room*, oldest first."""
        ...

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        """Put *notes* on record."""
        ...

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        """Commit a pending attempt a draft, all at once and in their order.

        None where the label has an open attempt already, or where the phone is
        being called for another label or room: nobody is to be called. The events
        of the others are recorded with them. RoomChanged, and nothing is
        written, when the room has another version than a draft says.
        """
        ...

    async def version(self, lease: Lease, now: float) -> Version | None:
        """What the leased room's row says now, None if it was never loaded."""
        ...

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        """Take the room for *ttl* seconds; RoomBusy while another holds it.

        *first* is put on record, too, if the lease has the fencing token that it names.
        """
        ...

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        """Hold the room for *ttl* seconds more."""
        ...

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        """Give the room back; nothing happens if it is not held any longer.

        With *notes*, which are put on record first, that is RoomBusy.
        """
        ...


class Placed(Struct, frozen=True):
    """Twilio took a create: the call it made and the conference it is for."""

    call_sid: str
    conference_sid: str | None
    request_id: str | None


class Changed(Struct, frozen=True):
    """Twilio's answer to an update: the participant as it shows it now."""

    participant: Participant
    request_id: str | None


class Provider(Protocol):
    """Twilio, as the loop sees it. Errors are those of ``model.errors``.

    Reads are retried where that may help; ``ring`` is sent once or not at all.
    """

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        """The active conferences of these names."""
        ...

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        """Look at one room. *conference* is what the survey showed."""
        ...

    async def confirm(
        self, observation: Observation, call_sids: Collection[str]
    ) -> Observation | Unknown:
        """*observation* with the legs *call_sids* as Twilio's record of each shows them.

        One that is not there any longer is left out, and its call's record is read.
        """
        ...

    async def listed_again(self, observation: Observation) -> Observation | Unknown:
        """*observation*, with ``listed_at`` of now if the room still shows the same."""
        ...

    async def unchanged(self, listing: ListingToken) -> bool:
        """Whether ``observe`` would show what it did when it gave *listing*.

        One request, tried once; False for anything but a whole listing in which
        nothing that is compared changed.
        """
        ...

    def known_listing(self, conference_sid: str, stored: str) -> ListingToken:
        """The listing of a conference of which another process kept ``stored``.

        Sends nothing.
        """
        ...

    def expect(self, writes: int) -> None:
        """So many writes are about to be sent: what can be made ready for them may be.

        Sends nothing and waits for nothing.
        """
        ...

    async def ring(self, ring: Ring, may_send: Callable[[], bool]) -> Placed:
        """Send one create, if *may_send* still says so just before the first byte.

        Raises TransientError if nothing was sent or Twilio never processed it,
        UnknownOutcome if it may have been, TerminalError if it was refused.
        """
        ...

    async def change(self, change: Change, may_send: Callable[[], bool]) -> Changed:
        """Send one update, on the same condition."""
        ...

    async def remove(self, remove: Remove, may_send: Callable[[], bool]) -> str | None:
        """Take somebody out, or end the conference; the request id, if any.

        On the same condition. Somebody who is already gone counts as removed.
        """
        ...

    async def holder(
        self, conference_sid: str, label: str
    ) -> tuple[Participant, Call] | None:
        """Who is active in the room under *label*, with their call, or None."""
        ...
