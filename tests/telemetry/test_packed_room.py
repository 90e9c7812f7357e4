"""Observations as bytes are what they were."""

import sys

import pytest
from msgspec import Struct
from msgspec.structs import asdict, fields

from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
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
from reconciler.telemetry import packed_room
from reconciler.telemetry.packed_room import pack, unpack

CALL = Call("CA3", CallStatus.BUSY, "+15550001", "+15550002", "inbound", 1.5, 2.5, 3.5)
LEG = ObservedLeg(
    Participant(
        call_sid="CA1",
        conference_sid="CF1",
        label="ann",
        status=ParticipantStatus.RINGING,
        muted=True,
        hold=False,
        coaching=True,
        call_sid_to_coach="CA2",
        end_conference_on_exit=True,
        start_conference_on_enter=False,
        created_at=1776158802.25,
    ),
    member="ann",
    audience=Audience.TARGET,
    target="CA2",
    permitted=Audience.NOBODY,
    since=1776158803.125,
    cause=OverheardCause.REFUSED,
    declared_at=1776158801.1,
)
FULL = ObservedRoom(
    "room",
    1776158804.123456,
    7,
    conference=Conference("CF1", "room", ConferenceStatus.COMPLETED, "last"),
    legs=(LEG, LEG),
    previous_at=1776158800.9,
    calls={"CA3": CALL},
    searched={"+15550001": (CALL, CALL)},
    last=Conference("CF0", "room", ConferenceStatus.INIT),
    events=(
        LegEvent("CF1", "CA1", 4, 1.25, 2.25, muted=True, hold=False, coaching=True),
    ),
)


@pytest.mark.parametrize("room", [FULL, ObservedRoom("room", 1.5, 1)])
def test_an_unpacked_observation_is_the_one_that_was_packed(room: ObservedRoom) -> None:
    assert unpack(pack(room)) == room


def test_also_what_is_not_compared_is_packed() -> None:
    assert [asdict(x.participant) for x in unpack(pack(FULL)).legs] == [
        asdict(x.participant) for x in FULL.legs
    ]


@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        (ObservedRoom, packed_room._PackedRoom),
        (ObservedLeg, packed_room._PackedLeg),
        (Participant, packed_room._PackedParticipant),
    ],
)
def test_each_field_is_packed(kind: type[Struct], packed: type[Struct]) -> None:
    assert [x.name for x in fields(packed)] == [x.name for x in fields(kind)]


def test_a_room_of_five_takes_less_than_a_kilobyte() -> None:
    assert sys.getsizeof(pack(ObservedRoom("room", 1.5, 1, legs=(LEG,) * 5))) < 1000
