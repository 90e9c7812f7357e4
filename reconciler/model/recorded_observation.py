"""Recorded observation of a room: its legs as last seen, beside what was declared."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from reconciler.model.observation import Call, Conference, Observation, Participant


class Audience(StrEnum):
    """By whom a leg is heard."""

    ROOM = "room"
    TARGET = "target"
    NOBODY = "nobody"


WIDTH = {Audience.NOBODY: 0, Audience.TARGET: 1, Audience.ROOM: 2}
"""Audiences from the narrowest to the widest."""


class OverheardCause(StrEnum):
    """Why a leg is heard by more than was declared.

    until-seen       it changed after the observation before and was not observed yet
    until-corrected  it was observed; the correction was not answered yet
    withheld         a guard withholds the correction
    refused          Twilio refused the correction
    not-taken        Twilio answered the correction and showed the old value
    delayed          Twilio asked to wait
    unanswered       no answer to the correction came
    paused           the room is paused: nobody observes or corrects it
    """

    UNTIL_SEEN = "until-seen"
    UNTIL_CORRECTED = "until-corrected"
    WITHHELD = "withheld"
    REFUSED = "refused"
    NOT_TAKEN = "not-taken"
    DELAYED = "delayed"
    UNANSWERED = "unanswered"
    PAUSED = "paused"


class ObservedLeg(Struct, frozen=True):
    """A leg as last seen.

    ``member`` is the label of the member whose leg it is, None for an unlisted one.
    ``audience`` is who heard it, with the call SID of a coach's ``target``;
    ``permitted`` is the widest audience that the roster allows. It has been so
    ``since`` then, in Unix seconds. ``cause`` is why it is overheard, None while
    it is not. ``declared_at`` is when its entry in the roster last changed.
    """

    participant: Participant
    member: str | None
    audience: Audience
    target: str | None
    permitted: Audience
    since: float
    cause: OverheardCause | None = None
    declared_at: float | None = None

    @property
    def call_sid(self) -> str:
        return self.participant.call_sid

    @property
    def label(self) -> str:
        """The member's label, else Twilio's, else ""."""
        return self.member or self.participant.label or ""

    @property
    def overheard(self) -> bool:
        """Whether it is heard by more than was declared."""
        return WIDTH[self.audience] > WIDTH[self.permitted]


class LegEvent(Struct, frozen=True):
    """What Twilio told of a leg in a signed webhook: its state, or that it left.

    It became so between ``at`` and ``by``, in Unix seconds: events are dated to the
    second. ``sequence`` orders the events of a conference.
    """

    conference_sid: str
    call_sid: str
    sequence: int
    at: float
    by: float
    muted: bool
    hold: bool
    coaching: bool
    left: bool = False


class ObservedRoom(Struct, frozen=True):
    """The last complete observation of a room that differed from the one before.

    ``seen_at`` is when it was complete, in Unix seconds, ``previous_at`` when the
    observation before it was, None if that is not known: whatever changed did so in
    between. ``generation`` is the roster that it was compared with. ``calls``,
    ``searched`` and ``last`` are as in ``model.observation.Observation``. ``events``
    say when legs changed; none is on record.
    """

    room: str
    seen_at: float
    generation: int
    conference: Conference | None = None
    legs: tuple[ObservedLeg, ...] = ()
    previous_at: float | None = None
    calls: Mapping[str, Call] = field(default_factory=dict)
    searched: Mapping[str, tuple[Call, ...]] = field(default_factory=dict)
    last: Conference | None = None
    events: tuple[LegEvent, ...] = ()

    @property
    def observation(self) -> Observation:
        """The observation that was recorded."""
        return Observation(
            self.room,
            self.conference,
            tuple(leg.participant for leg in self.legs),
            self.calls,
            self.searched,
            self.last,
        )


class LegInterval(Struct, frozen=True):
    """A connected leg was in one state from ``begins_at`` to ``ends_at``.

    Times are Unix seconds; ``ends_at`` is None while it lasts. The other fields are
    those of ``ObservedLeg`` and ``Participant``.
    """

    room: str
    conference_sid: str
    call_sid: str
    label: str
    begins_at: float
    ends_at: float | None
    audience: Audience
    target: str | None
    permitted: Audience
    muted: bool
    hold: bool
    coaching: bool
    cause: OverheardCause | None = None

    @property
    def overheard(self) -> bool:
        """Whether the leg was heard by more than was declared."""
        return WIDTH[self.audience] > WIDTH[self.permitted]


class RoomCheck(Struct, frozen=True):
    """When a room was last observed completely, and what it came to.

    ``checked_at`` and ``next_at`` are Unix seconds. A daemon that lives observes the
    room again before ``next_at``; None where nobody promises that. ``state`` is the
    room's state, ``reason`` what keeps it from being converged, "" for nothing.
    ``connected`` of ``members`` members are connected.
    """

    room: str
    checked_at: float
    next_at: float | None
    generation: int
    state: str
    reason: str = ""
    connected: int = 0
    members: int = 0

    def fresh(self, now: float) -> bool:
        """Whether a daemon keeps the recorded observation up to date."""
        return self.next_at is not None and now <= self.next_at
