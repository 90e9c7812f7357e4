"""Observations as bytes, which take a fourth of what they take as objects."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder
from msgspec.structs import astuple, replace

from reconciler.model.observation import (
    Call,
    Conference,
    Participant,
    ParticipantStatus,
)
from reconciler.model.recorded_observation import (
    Audience,
    LegEvent,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
)


class _PackedParticipant(Struct, array_like=True, gc=False):
    """``model.observation.Participant`` without names of fields; as are the others."""

    call_sid: str
    conference_sid: str
    label: str | None
    status: ParticipantStatus
    muted: bool
    hold: bool
    coaching: bool
    call_sid_to_coach: str | None
    end_conference_on_exit: bool
    start_conference_on_enter: bool
    created_at: float | None


class _PackedLeg(Struct, array_like=True, gc=False):
    participant: _PackedParticipant
    member: str | None
    audience: Audience
    target: str | None
    permitted: Audience
    since: float
    cause: OverheardCause | None
    declared_at: float | None


class _PackedRoom(Struct, array_like=True, gc=False):
    room: str
    seen_at: float
    generation: int
    conference: Conference | None
    legs: tuple[_PackedLeg, ...]
    previous_at: float | None
    calls: Mapping[str, Call]
    searched: Mapping[str, tuple[Call, ...]]
    last: Conference | None
    events: tuple[LegEvent, ...]


_ENCODER, _DECODER = Encoder(), Decoder(_PackedRoom)


def pack(room: ObservedRoom) -> bytes:
    """*room* as bytes of this process."""
    legs = [(astuple(x.participant), *astuple(x)[1:]) for x in room.legs]
    return _ENCODER.encode(astuple(replace(room, legs=legs)))


def unpack(packed: bytes) -> ObservedRoom:
    """What ``pack`` made *packed* of."""
    room = _DECODER.decode(packed)
    legs = tuple(map(_leg, room.legs))
    return replace(ObservedRoom(*astuple(room)), legs=legs)


def _leg(packed: _PackedLeg) -> ObservedLeg:
    leg = ObservedLeg(*astuple(packed))
    return replace(leg, participant=Participant(*astuple(packed.participant)))
