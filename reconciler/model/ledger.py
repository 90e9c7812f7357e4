"""Recorded state of a room besides its roster: calls, sent fields, decisions."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from reconciler.model.attempt import Attempt
from reconciler.model.observation import Call
from reconciler.model.partly_compared import PartlyCompared
from reconciler.model.roster import Value
from reconciler.model.watermark import Watermark


class Record(Struct, frozen=True):
    """One label's history, for members and for people a roster listed before.

    ``to`` is the address last declared. ``intent`` grows when somebody means
    to ring again: the member is added, its address changes, or a person asks.
    ``changed_at`` is when the entry last changed; ``dismissed_at`` when it
    left the roster, None while listed. ``edited_at`` is when a file last changed it,
    None if a person's command or the schedule's hours did after that. ``attempts`` are
    those of the present intent and every open one, oldest first. The
    schema allows at most one open attempt a label.
    """

    label: str
    to: str
    intent: int
    changed_at: float
    dismissed_at: float | None = None
    attempts: tuple[Attempt, ...] = ()
    edited_at: float | None = None

    @property
    def open(self) -> Attempt | None:
        """The open attempt, or None."""
        for attempt in self.attempts:
            if attempt.open:
                return attempt
        return None

    @property
    def latest(self) -> Attempt | None:
        """The newest attempt of the present intent, or None."""
        attempts = [
            attempt for attempt in self.attempts if attempt.intent == self.intent
        ]
        return attempts[-1] if attempts else None


class GuardKind(StrEnum):
    """What a guard withholds together, and an approval allows together."""

    REMOVALS = "removals"
    RINGS = "rings"
    EXPOSURES = "exposures"
    FLAPPING = "flapping"
    PROTECTED = "protected"
    REDIALS = "redials"
    UNREAD = "unread"


NAMED_KINDS = frozenset({GuardKind.PROTECTED, GuardKind.REDIALS, GuardKind.UNREAD})
"""What a person allows only by saying so: no other word covers it."""


class WithheldKind(Struct, frozen=True):
    """A kind that was withheld for the present generation, since ``at``.

    It stays so, whatever is left of it, until a person approves it or the roster
    changes. ``guard`` and ``reason`` are those of that moment.
    """

    kind: GuardKind
    guard: str
    reason: str
    at: float


class CorrectionResult(StrEnum):
    """What became of a correction that was sent.

    done      Twilio's answer showed the new value
    untaken   Twilio answered well and showed another value
    failed    refused
    """

    DONE = "done"
    UNTAKEN = "untaken"
    FAILED = "failed"


class Correction(Struct, frozen=True):
    """A field set on one call: ``field`` is ``name=value``, ``at`` Unix time.

    ``seen_at`` is when a listing first showed the value, None if none did yet.
    """

    call_sid: str
    field: str
    at: float
    result: CorrectionResult = CorrectionResult.DONE
    seen_at: float | None = None


class Approval(Struct, frozen=True):
    """A person's approval of named actions.

    ``fingerprint`` is of what was withheld; ``expires_at`` is Unix time.
    ``remaining`` names the actions still to be done, None before it was begun; see
    ``planning.approved_names``. ``voided`` says what it covers no longer, and why.
    """

    fingerprint: str
    reason: str
    who: str
    expires_at: float
    remaining: tuple[str, ...] | None = None
    voided: str | None = None


class Elsewhere(Struct, frozen=True):
    """An open attempt of another room to a phone that this room declares or rings.

    ``released`` says that nobody converges that room any longer, ``listed`` that
    its roster names the attempt's label; ``dismissed_at`` is when the label left
    that roster, in Unix seconds, None if it did not or was forgotten. ``foreign`` says
    that another account made the call: nobody can ask for it with this one.
    """

    attempt: Attempt
    released: bool
    listed: bool
    dismissed_at: float | None = None
    foreign: bool = False


class Exhausted(Struct, frozen=True):
    """A phone that the policy lets nobody ring before the Unix time ``until``."""

    until: float
    reason: str


class Ledger(PartlyCompared, frozen=True):
    """Everything the plan needs of our own past.

    ``memory`` holds, by call SID, what we last sent of fields that Twilio does
    not show again: write-only parameters by name, ``muted`` when we muted for
    safety, ``announcement:ID`` for each announcement played. ``identities``
    holds the calls already told apart, by SID. ``corrections`` are those of
    the last ten minutes, oldest first. ``removals`` holds when we removed whom
    in the last ten minutes without a person's approval, by call SID.
    ``withheld`` holds the kinds withheld for the present generation.
    ``past_protection`` holds until when a number, in normal form, was that of a
    protected member, of those that nobody declares now. ``quiet_at``
    is the Unix time at which the roster's file, written just now, is to be read
    again; nobody is removed on its word before that. ``exhausted`` has the
    phones, in normal form, that the policy lets nobody ring now. ``emptied`` says
    that the present generation took the last member away. ``approval`` lets
    named actions through.
    ``asked`` says that a person asks now: nothing waits for its next try.
    ``conference_sid`` is the conference last seen. ``elsewhere`` are the open
    attempts of other rooms to phones of this one, ``claimed`` the calls to phones
    with a lost attempt that belong to another attempt or room. ``under_way``
    are the attempts, by id, whose creates this process has sent and Twilio has not
    answered. ``last_free_token`` is
    that of the room's last lease (0 without one) if nobody held the room when
    the ledger was read, else None: who then takes the next one knows that
    nobody acted in between. ``watermark`` is the store's when it was read.
    ``observed`` is the fingerprint of the last observation on record, "" without one.
    """

    not_compared = frozenset({"under_way", "last_free_token", "watermark", "observed"})

    records: Mapping[str, Record] = field(default_factory=dict)
    memory: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    identities: Mapping[str, Call] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    removals: Mapping[str, float] = field(default_factory=dict)
    withheld: Mapping[GuardKind, WithheldKind] = field(default_factory=dict)
    past_protection: Mapping[str, float] = field(default_factory=dict)
    emptied: bool = False
    quiet_at: float | None = None
    exhausted: Mapping[str, Exhausted] = field(default_factory=dict)
    asked: bool = False
    conference_sid: str | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    claimed: frozenset[str] = frozenset()
    approval: Approval | None = None
    under_way: frozenset[int] = frozenset()
    last_free_token: int | None = 0
    watermark: Watermark = Watermark()
    observed: str = ""
