"""Attempts: one call to a member's phone, from before the request to its end."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.phone import normal_address
from reconciler.model.roster import Fields


class AttemptState(StrEnum):
    """Where an attempt stands; the first three are open.

    pending   committed, and perhaps sent: only its own process knows
    unknown   may have reached Twilio; to be looked for, never repeated
    placed    Twilio has the call, whose SID is known
    refused   Twilio did not ring anybody
    ended     the call is over, or was found to have rung and gone
    """

    PENDING = "pending"
    UNKNOWN = "unknown"
    PLACED = "placed"
    REFUSED = "refused"
    ENDED = "ended"


UNCERTAIN = frozenset({AttemptState.PENDING, AttemptState.UNKNOWN})
"""Nobody knows whether the phone rings."""

OPEN = UNCERTAIN | {AttemptState.PLACED}

RING_SECONDS = 60
"""Twilio: participant resource, the default of ``Timeout``."""

CALL_START_SECONDS = 30.0
"""Seconds within which Twilio starts to ring a phone, after the create."""


class CallOutcome(StrEnum):
    """How a call ended, or why nobody was called."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"
    LEFT = "left"
    MACHINE = "machine"
    REMOVED = "removed"
    ROOM_ENDED = "room-ended"
    MOVED = "moved"
    RUNG = "rung"
    NOT_RUNG = "not-rung"
    REFUSED = "refused"
    DELAYED = "delayed"


def ring_seconds(create: Fields) -> int:
    """For how long a phone rings that a create with these parameters calls."""
    timeout = dict(create).get("timeout")
    return timeout if isinstance(timeout, int) else RING_SECONDS


class Attempt(Struct, frozen=True):
    """A row of the ledger. Times are Unix seconds.

    ``intent`` grows each time somebody means to ring the member again;
    ``number`` counts the rings of one intent from 1 and is 0 for a call that
    was found and adopted. ``sent`` holds the create's parameters by snake_case
    name, secrets as references; ``memory`` what is to be remembered of the call
    once it is found, as the ring says. ``send_by`` is the moment after which the
    request must not leave any longer. ``outcome`` is set when the attempt is
    closed: REFUSED is permanent, DELAYED may be tried again.
    """

    id: int
    room: str
    label: str
    to: str
    intent: int
    number: int
    state: AttemptState
    generation: int
    created_at: float
    send_by: float
    sent: Fields = ()
    call_sid: str | None = None
    conference_sid: str | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    outcome: CallOutcome | None = None
    code: int | None = None
    reason: str = ""
    request_id: str | None = None
    memory: Fields = ()

    @property
    def address(self) -> str:
        """The normal form of ``to``: what tells one phone from another."""
        return normal_address(self.to)

    @property
    def open(self) -> bool:
        """Whether the phone may be ringing or the person on the line."""
        return self.state in OPEN

    def may_ring(self, now: float) -> bool:
        """Whether the phone may ring at *now* or later, by this row alone."""
        if self.state in UNCERTAIN:
            return True
        return self.open and self.connected_at is None and now < self.rings_until

    @property
    def rings_until(self) -> float:
        """The moment at which a call that nobody answered is over."""
        return self.created_at + CALL_START_SECONDS + ring_seconds(self.sent)
