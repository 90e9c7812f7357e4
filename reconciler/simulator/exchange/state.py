"""State of the exchange, and look-ups in it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.audit_log import AuditLog
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.event_queue import EventQueue
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.exchange.people import People
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    ParticipantRecord,
)
from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.exchange.sid import Sids
from reconciler.simulator.exchange.timeline import Timeline

_LAGS: Final = (
    "list_lag",
    "list_change_lag",
    "conferences_list_lag",
    "call_lag",
    "calls_list_lag",
)


class State(Struct):
    """The exchange's memory. ``now`` is the moment being lived through.

    ``slot_at`` is when the next call may leave the queue; ``rolls``
    holds the call SIDs of a conference in order; ``dialed`` counts calls by
    address; ``heard`` is the last exposure by call SID; ``voice_urls`` say, by number,
    who is asked what becomes of a call that comes in. ``numbers`` are the account's,
    None where every number is.
    """

    account: LocalAccount
    people: People
    switches: Switches
    calls_per_second: float
    sids: Sids
    now: float
    slot_at: float = 0.0
    serial: int = 0
    agenda: EventQueue = field(default_factory=EventQueue)
    history: AuditLog = field(default_factory=AuditLog)
    calls: dict[str, Timeline[CallRecord]] = field(default_factory=dict)
    participants: dict[str, Timeline[ParticipantRecord]] = field(default_factory=dict)
    conferences: dict[str, ConferenceRecord] = field(default_factory=dict)
    conference_past: dict[str, Timeline[ConferenceRecord]] = field(default_factory=dict)
    rolls: dict[str, dict[str, None]] = field(default_factory=dict)
    dialed: Counter[str] = field(default_factory=Counter)
    sequence: Counter[str] = field(default_factory=Counter)
    heard: dict[str, tuple[Audience, str | None]] = field(default_factory=dict)
    voice_urls: dict[str, str] = field(default_factory=dict)
    numbers: frozenset[str] | None = None
    second_sources: SecondSources = field(default_factory=SecondSources)

    @contextmanager
    def with_older_answers(self, seconds: float) -> Iterator[None]:
        """Meanwhile, look-ups answer what they would have answered so long ago."""
        kept = self.switches
        older = {name: max(getattr(kept, name), seconds) for name in _LAGS}
        self.switches = replace(kept, **older)
        try:
            yield
        finally:
            self.switches = kept

    def next_serial(self) -> int:
        """A number greater than all before: the order of creation."""
        self.serial += 1
        return self.serial

    def call(self, sid: str) -> CallRecord:
        """A call as it is now."""
        return self.calls[sid].latest

    def participant(self, call_sid: str) -> ParticipantRecord:
        """A participant as it is now, or was when it left."""
        return self.participants[call_sid].latest

    def put_call(self, call: CallRecord) -> CallRecord:
        """From now on the call is so."""
        call = replace(call, updated_at=self.now)
        if call.sid in self.calls:
            self.calls[call.sid].put(self.now, call)
        else:
            self.calls[call.sid] = Timeline(self.now, call)
        return call

    def put_participant(self, participant: ParticipantRecord) -> ParticipantRecord:
        """From now on the participant is so."""
        participant = replace(participant, updated_at=self.now)
        roll = self.rolls.setdefault(participant.conference_sid, {})
        roll[participant.call_sid] = None
        if participant.call_sid in self.participants:
            self.participants[participant.call_sid].put(self.now, participant)
        else:
            self.participants[participant.call_sid] = Timeline(self.now, participant)
        return participant

    def put_conference(self, conference: ConferenceRecord) -> ConferenceRecord:
        """From now on the conference is so."""
        conference = replace(conference, updated_at=self.now)
        self.conferences[conference.sid] = conference
        if conference.sid in self.conference_past:
            self.conference_past[conference.sid].put(self.now, conference)
        else:
            self.conference_past[conference.sid] = Timeline(self.now, conference)
        return conference

    def members(self, conference_sid: str) -> tuple[ParticipantRecord, ...]:
        """All who are in the room or on the way, oldest first."""
        return tuple(
            participant
            for participant in map(self.participant, self.rolls.get(conference_sid, ()))
            if participant.conference_sid == conference_sid
            and not participant.gone
            and not participant.adrift
        )

    def connected(self, conference_sid: str) -> tuple[ParticipantRecord, ...]:
        """All who are in the room."""
        return tuple(
            participant
            for participant in self.members(conference_sid)
            if participant.connected
        )
