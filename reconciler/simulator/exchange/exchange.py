"""A local Twilio without a network: conferences, calls and people on a clock.

Every operation first lets happen what is due by the clock, in order. Nothing
here waits, reads a clock of its own, or does input and output.
"""

from collections.abc import Callable

from reconciler.model.observation import CallStatus
from reconciler.simulator.exchange.api_error import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    ApiError,
)
from reconciler.simulator.exchange.audit_log import AuditLog
from reconciler.simulator.exchange.behavior import Switches, flip
from reconciler.simulator.exchange.call import call_number, place
from reconciler.simulator.exchange.call_update import update_call
from reconciler.simulator.exchange.checked_form import (
    CheckedForm,
    Fields,
    read_create,
    read_update,
)
from reconciler.simulator.exchange.conference import end_room, find_live
from reconciler.simulator.exchange.conference_update import update_conference
from reconciler.simulator.exchange.event_dispatch import arrive, hang_up, happen, part
from reconciler.simulator.exchange.event_queue import Arrive
from reconciler.simulator.exchange.fault import Faults
from reconciler.simulator.exchange.inbound_call import follow
from reconciler.simulator.exchange.listing import (
    Query,
    as_shown,
    just_ended,
    reads_as_name,
    show_call,
    show_calls,
    show_conferences,
    show_participants,
)
from reconciler.simulator.exchange.local_account import LocalAccount, make_account
from reconciler.simulator.exchange.lookup import (
    conference_to_update,
    find_conference,
    find_participant,
    find_somebody,
    participant_to_change,
    room_to_join,
)
from reconciler.simulator.exchange.participant import make_participant
from reconciler.simulator.exchange.participant_update import ParticipantUpdate, change
from reconciler.simulator.exchange.people import People, Subscriber, bare_address
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    Ended,
    Left,
    ParticipantRecord,
)
from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.exchange.sid import Sids
from reconciler.simulator.exchange.state import State


class Exchange:
    """One account's telephone exchange.

    ``clock`` gives Unix seconds. The same seed and the same operations at the
    same moments give the same identifiers. ``faults`` spoil answers on the way,
    never what happens here. Operations of the API raise
    ``ApiError``; those of people raise LookupError for somebody not there.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        people: People | None = None,
        switches: Switches | None = None,
        *,
        account: LocalAccount | None = None,
        calls_per_second: float = 1.0,
        seed: int | str = 0,
    ) -> None:
        self.clock = clock
        self.state = State(
            account=account or make_account(seed),
            people=people or People(),
            switches=switches or Switches(),
            calls_per_second=calls_per_second,
            sids=Sids(seed),
            now=clock(),
        )
        self.faults = Faults()
        for address, person in self.state.people.described.items():
            self._expect(address, person)

    @property
    def account(self) -> LocalAccount:
        """Whose exchange it is."""
        return self.state.account

    @property
    def switches(self) -> Switches:
        """How the open questions are answered now."""
        return self.state.switches

    @property
    def second_sources(self) -> SecondSources:
        """What tells of calls beside the API."""
        return self.state.second_sources

    @second_sources.setter
    def second_sources(self, sources: SecondSources) -> None:
        self.state.second_sources = sources

    @property
    def history(self) -> AuditLog:
        """What happened until the last operation."""
        return self.state.history

    @property
    def next_at(self) -> float | None:
        """When something will happen by itself; None when nothing will."""
        return self.state.agenda.next_at

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        now = self.clock()
        while (due := self.state.agenda.next_at) is not None and due <= now:
            at, happening = self.state.agenda.pop()
            self.state.now = max(at, self.state.now)
            happen(self.state, happening)
        self.state.now = max(now, self.state.now)

    # Conferences

    def list_conferences(self, query: Query) -> tuple[ConferenceRecord, ...]:
        """Conferences that pass Twilio's filters, newest first."""
        self.catch_up()
        return show_conferences(self.state, query)

    def fetch_conference(self, sid: str) -> ConferenceRecord:
        """A conference by its SID; a name is not allowed here."""
        self.catch_up()
        if reads_as_name(sid):
            raise ApiError(METHOD_NOT_ALLOWED)
        conference = find_conference(self.state, sid)
        if just_ended(self.state, conference):
            raise ApiError(NOT_FOUND)
        return as_shown(self.state, conference)

    def update_conference(self, sid: str, fields: Fields) -> ConferenceRecord:
        """End a conference, or announce something to everybody in it."""
        self.catch_up()
        conference = conference_to_update(self.state, sid)
        update_conference(self.state, conference, fields)
        return as_shown(self.state, self.state.conferences[conference.sid])

    # Participants

    def list_participants(
        self, conference_sid: str, query: Query
    ) -> tuple[ParticipantRecord, ...]:
        """Participants as the listing shows them, newest first."""
        self.catch_up()
        if reads_as_name(conference_sid):
            raise ApiError(METHOD_NOT_ALLOWED)
        return show_participants(
            self.state, find_conference(self.state, conference_sid).sid, query
        )

    def fetch_participant(self, conference_sid: str, key: str) -> ParticipantRecord:
        """An active participant by call SID or label."""
        self.catch_up()
        participant = find_participant(self.state, conference_sid, key)
        if participant.on_the_way and not self.switches.list_shows_ringing:
            raise ApiError(NOT_FOUND)
        return participant

    def create_participant(
        self, room: str, fields: Fields
    ) -> tuple[ParticipantRecord, float]:
        """Queue a call to somebody; the second value is its time in the queue."""
        self.catch_up()
        form = read_create(fields)
        person = self.state.people.find(form.text("to"))
        if person.refused:
            raise ApiError(person.refused, status=person.refused_status)
        conference = room_to_join(self.state, room, form)
        call = place(self.state, form)
        participant = self.state.put_participant(
            make_participant(self.state, form, call.sid, conference.sid)
        )
        return participant, call.queue_seconds

    def update_participant(
        self, conference_sid: str, key: str, fields: Fields
    ) -> ParticipantRecord:
        """Change an active participant; as the answer to the update shows it."""
        self.catch_up()
        participant = participant_to_change(self.state, conference_sid, key)
        answer = self.switches.update_ringing
        if participant.on_the_way and answer != "accept":
            raise ApiError(NOT_FOUND if answer == "404" else int(answer))
        return self._change(participant, fields).shown

    def remove_participant(self, conference_sid: str, key: str) -> None:
        """Kick an active participant; its call ends with it."""
        self.catch_up()
        participant = participant_to_change(self.state, conference_sid, key)
        if participant.on_the_way and self.switches.delete_ringing == "404":
            raise ApiError(NOT_FOUND)
        hang_up(
            self.state,
            participant.call_sid,
            CallStatus.COMPLETED
            if participant.connected
            else CallStatus(self.switches.kick_call_status),
            Left(self.switches.kick_reason),
            kicked=True,
        )

    # Calls

    def list_calls(self, query: Query) -> tuple[CallRecord, ...]:
        """Calls that pass Twilio's filters, newest first."""
        self.catch_up()
        return show_calls(self.state, query)

    def fetch_call(self, sid: str) -> CallRecord:
        """A call's own record."""
        self.catch_up()
        call = show_call(self.state, sid)
        if call is None:
            raise ApiError(NOT_FOUND)
        return call

    def update_call(self, sid: str, fields: Fields) -> CallRecord:
        """Cancel or end a call, or send it to other TwiML and out of its room."""
        self.catch_up()
        update_call(self.state, sid, fields)
        return self.state.call(sid)

    # People

    def dial_in(
        self,
        room: str,
        sender: str,
        label: str | None = None,
        *,
        withheld: str = "",
        **values: bool,
    ) -> ParticipantRecord:
        """Somebody calls us and joins; ``values`` as in a create, by our names.

        ``withheld`` is a word of ``WITHHELD``: their address is not shown.
        """
        self.catch_up()
        form = CheckedForm({**values, "label": label or ""})
        return arrive(self.state, room, sender, form, withheld)

    def call_number(self, to: str, sender: str, *, withheld: str = "") -> CallRecord:
        """Somebody calls a number of ours; its voice URL says what becomes of them.

        LookupError if it has none.
        """
        self.catch_up()
        if to not in self.state.voice_urls:
            raise LookupError(f"the number {to} has no voice URL")
        return call_number(self.state, to, sender, withheld)

    def follow(self, call_sid: str, document: str | None) -> None:
        """What a voice URL answered about a call; None for no TwiML."""
        self.catch_up()
        follow(self.state, call_sid, document)

    def set_voice_url(self, number: str, url: str) -> None:
        """From now on calls to *number* are answered by *url*."""
        self.state.voice_urls[number] = url

    def own_numbers(self, numbers: frozenset[str] | None) -> None:
        """From now on these numbers are the account's, and no others; None is all."""
        self.state.numbers = numbers

    def list_numbers(self, query: Query) -> tuple[str, ...]:
        """The account's numbers that pass the filter, of which none is hidden."""
        asked, numbers = query.get("PhoneNumber"), self.state.numbers
        if asked is None:
            return tuple(sorted(numbers or ()))
        return (asked,) if numbers is None or asked in numbers else ()

    def hang_up(
        self, who: str, *, ghost_seconds: float = 0, listed_seconds: float = 0
    ) -> str:
        """Somebody's phone goes, told by call SID, label or address; their call SID.

        Twilio notices it after ``ghost_seconds``; listings show the leg as
        connected for another ``listed_seconds``.
        """
        self.catch_up()
        call = find_somebody(self.state, who)
        part(
            self.state,
            call.sid,
            ghost_seconds=ghost_seconds,
            listed_seconds=listed_seconds,
        )
        return call.sid

    def change(self, who: str, fields: Fields) -> ParticipantRecord:
        """Somebody else updates a participant: nothing of it is in the writes."""
        self.catch_up()
        participant = self.state.participant(find_somebody(self.state, who).sid)
        return self._change(participant, fields).kept

    def end(self, room: str) -> ConferenceRecord:
        """Somebody else ends the live conference of a name."""
        self.catch_up()
        conference = find_live(self.state, room)
        if conference is None:
            raise LookupError(f"no conference {room!r} is live")
        end_room(self.state, conference.sid, Ended.VIA_API)
        return self.state.conferences[conference.sid]

    def describe(self, address: str, person: Subscriber) -> None:
        """From now on the phone at an address behaves so; its calls count again."""
        self.catch_up()
        self.state.people = self.state.people.describe(address, person)
        self.state.dialed.pop(bare_address(address), None)
        self._expect(address, person)

    def flip(self, **switches: object) -> None:
        """Answer open questions otherwise from now on; ValueError if there are none such."""
        self.catch_up()
        self.state.switches = flip(self.state.switches, switches)

    def _expect(self, address: str, person: Subscriber) -> None:
        for dial_in in person.dials_in:
            self.state.agenda.add(
                self.state.now + dial_in.at,
                Arrive(
                    dial_in.room, address, dial_in.label, dial_in.withheld, dial_in.to
                ),
            )

    def _change(
        self, participant: ParticipantRecord, fields: Fields
    ) -> ParticipantUpdate:
        return change(self.state, participant, read_update(fields))
