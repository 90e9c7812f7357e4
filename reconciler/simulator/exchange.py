"""A local Twilio without a network: conferences, calls and people on a clock.

Every operation first lets happen what is due by the clock, in order. Nothing
here waits, reads a clock of its own, or does input and output.
"""

from collections.abc import Callable
from dataclasses import replace

from reconciler.model.observation import CallStatus
from reconciler.simulator.account import Account, make_account
from reconciler.simulator.agenda import Arrive
from reconciler.simulator.call import place
from reconciler.simulator.change import Changed, change, check_target
from reconciler.simulator.fault import Faults
from reconciler.simulator.form import Fields, Form, read_create, read_update
from reconciler.simulator.happening import (
    arrive,
    check_capacity,
    check_label,
    fold_label,
    hang_up,
    happen,
    participant_of,
)
from reconciler.simulator.history import History
from reconciler.simulator.listing import (
    Query,
    conference_visible,
    reads_as_name,
    show_call,
    show_calls,
    show_conferences,
    show_participants,
)
from reconciler.simulator.people import People, Person
from reconciler.simulator.record import Call, Conference, Ended, Left, Participant
from reconciler.simulator.refusal import (
    BAD_PARAMETER,
    CONFERENCE_OVER,
    INVALID_CALL_STATE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Refused,
)
from reconciler.simulator.room import end_room, find_live, leave, open_room
from reconciler.simulator.sid import Sids
from reconciler.simulator.state import State
from reconciler.simulator.switches import Switches, flip

_NAME_LENGTH = 128


class Exchange:
    """One account's telephone exchange.

    ``clock`` gives Unix seconds. The same seed and the same operations at the
    same moments give the same identifiers. ``faults`` spoil answers on the way,
    never what happens here. Operations of the API raise
    ``Refused``; those of people raise LookupError for somebody not there.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        people: People | None = None,
        switches: Switches | None = None,
        *,
        account: Account | None = None,
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
    def account(self) -> Account:
        """Whose exchange it is."""
        return self.state.account

    @property
    def switches(self) -> Switches:
        """How the open questions are answered now."""
        return self.state.switches

    @property
    def history(self) -> History:
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

    def list_conferences(self, query: Query) -> tuple[Conference, ...]:
        """Conferences that pass Twilio's filters, newest first."""
        self.catch_up()
        return show_conferences(self.state, query)

    def fetch_conference(self, sid: str) -> Conference:
        """A conference by its SID; a name is not allowed here."""
        self.catch_up()
        if reads_as_name(sid):
            raise Refused(METHOD_NOT_ALLOWED)
        return self._conference(sid)

    def update_conference(self, sid: str, fields: Fields) -> Conference:
        """End a conference, or announce something to everybody in it."""
        self.catch_up()
        conference = self._conference_to_update(sid)
        if not conference.live:
            twice = self.switches.complete_twice
            raise Refused(NOT_FOUND if twice == "404" else BAD_PARAMETER)
        status = _last(fields, "Status")
        if status not in {None, "completed"}:
            raise Refused(BAD_PARAMETER, f"Invalid Status: {status}")
        if url := _last(fields, "AnnounceUrl"):
            for each in self.state.connected(conference.sid):
                heard = (*each.announcements, url)
                self.state.put_participant(replace(each, announcements=heard))
        if status:
            end_room(self.state, conference.sid, Ended.VIA_API)
        return self.state.conferences[conference.sid]

    # Participants

    def list_participants(
        self, conference_sid: str, query: Query
    ) -> tuple[Participant, ...]:
        """Participants as the listing shows them, newest first."""
        self.catch_up()
        if reads_as_name(conference_sid):
            raise Refused(METHOD_NOT_ALLOWED)
        return show_participants(
            self.state, self._conference(conference_sid).sid, query
        )

    def fetch_participant(self, conference_sid: str, key: str) -> Participant:
        """An active participant by call SID or label."""
        self.catch_up()
        participant = self._participant(conference_sid, key)
        if participant.on_the_way and not self.switches.list_shows_ringing:
            raise Refused(NOT_FOUND)
        return participant

    def create_participant(
        self, room: str, fields: Fields
    ) -> tuple[Participant, float]:
        """Queue a call to somebody; the second value is its time in the queue."""
        self.catch_up()
        form = read_create(fields)
        if code := self.state.people.find(form.text("to")).refused:
            raise Refused(code)
        label = form.text("label") or None
        conference = self._room_to_join(room, form, label)
        call = place(self.state, form)
        participant = self.state.put_participant(
            participant_of(self.state, form, call.sid, conference.sid, label)
        )
        return participant, call.queue_seconds

    def update_participant(
        self, conference_sid: str, key: str, fields: Fields
    ) -> Participant:
        """Change an active participant; as the answer to the update shows it."""
        self.catch_up()
        participant = self._participant(conference_sid, key)
        answer = self.switches.update_ringing
        if participant.on_the_way and answer != "accept":
            raise Refused(NOT_FOUND if answer == "404" else int(answer))
        return self._change(participant, fields).shown

    def remove_participant(self, conference_sid: str, key: str) -> None:
        """Kick an active participant; its call ends with it."""
        self.catch_up()
        participant = self._participant(conference_sid, key)
        if participant.on_the_way and self.switches.delete_ringing == "404":
            raise Refused(NOT_FOUND)
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

    def list_calls(self, query: Query) -> tuple[Call, ...]:
        """Calls that pass Twilio's filters, newest first."""
        self.catch_up()
        return show_calls(self.state, query)

    def fetch_call(self, sid: str) -> Call:
        """A call's own record."""
        self.catch_up()
        call = show_call(self.state, sid)
        if call is None:
            raise Refused(NOT_FOUND)
        return call

    def update_call(self, sid: str, fields: Fields) -> Call:
        """Cancel or end a call, or send it to other TwiML and out of its room."""
        self.catch_up()
        if sid not in self.state.calls:
            raise Refused(NOT_FOUND)
        call, status = self.state.call(sid), _last(fields, "Status")
        if status not in {None, "canceled", "completed"}:
            raise Refused(BAD_PARAMETER, f"Invalid Status: {status}")
        if call.ended or (status == "canceled" and call.answered_at is not None):
            raise Refused(INVALID_CALL_STATE)
        if status:
            ends_as = CallStatus.COMPLETED if call.answered_at else CallStatus.CANCELED
            hang_up(self.state, sid, ends_as, Left.UPDATED_VIA_API)
        elif _last(fields, "Url") or _last(fields, "Twiml"):
            leave(self.state, sid, Left.UPDATED_VIA_API)
        return self.state.call(sid)

    # People

    def dial_in(
        self, room: str, sender: str, label: str | None = None, **values: bool
    ) -> Participant:
        """Somebody calls us and joins; ``values`` as in a create, by our names."""
        self.catch_up()
        return arrive(self.state, room, sender, label, Form(values))

    def hang_up(self, who: str) -> str:
        """Somebody hangs up, told by call SID, label or address; their call SID."""
        self.catch_up()
        call = self._somebody(who)
        status = CallStatus.COMPLETED if call.answered_at else CallStatus.BUSY
        reason = Left.HUNG_UP if call.answered_at else Left.ADD_FAILED
        hang_up(self.state, call.sid, status, reason)
        return call.sid

    def change(self, who: str, fields: Fields) -> Participant:
        """Somebody else updates a participant: nothing of it is in the writes."""
        self.catch_up()
        participant = self.state.participant(self._somebody(who).sid)
        return self._change(participant, fields).kept

    def end(self, room: str) -> Conference:
        """Somebody else ends the live conference of a name."""
        self.catch_up()
        conference = find_live(self.state, room)
        if conference is None:
            raise LookupError(f"no conference {room!r} is live")
        end_room(self.state, conference.sid, Ended.VIA_API)
        return self.state.conferences[conference.sid]

    def describe(self, address: str, person: Person) -> None:
        """From now on the phone at an address behaves so; its calls count anew."""
        self.catch_up()
        self.state.people = self.state.people.describe(address, person)
        self.state.dialled.pop(address, None)
        self._expect(address, person)

    def flip(self, **switches: object) -> None:
        """Answer open questions otherwise from now on; ValueError if there are none such."""
        self.catch_up()
        self.state.switches = flip(self.state.switches, switches)

    def _expect(self, address: str, person: Person) -> None:
        for each in person.dials_in:
            self.state.agenda.add(
                self.state.now + each.at, Arrive(each.room, address, each.label)
            )

    def _change(self, participant: Participant, fields: Fields) -> Changed:
        return change(self.state, participant, read_update(fields))

    def _conference(self, sid: str) -> Conference:
        conference = self.state.conferences.get(sid)
        if conference is None or not conference_visible(self.state, conference):
            raise Refused(NOT_FOUND)
        return conference

    def _conference_to_update(self, sid: str) -> Conference:
        by_name = self.switches.conference_post_by_name == "works"
        if reads_as_name(sid) and by_name:
            return find_live(self.state, sid) or self._conference(sid)
        return self._conference(sid)

    def _room_to_join(self, room: str, form: Form, label: str | None) -> Conference:
        if not reads_as_name(room):
            known = self.state.conferences.get(room)
            if known is None or not known.live:
                raise Refused(CONFERENCE_OVER)
        elif len(room) > _NAME_LENGTH:
            raise Refused(BAD_PARAMETER, "Invalid FriendlyName: its length")
        else:
            race = self.switches.name_race_seconds
            known = find_live(self.state, room, older_than=race)
        self._check_arrival(known, form, label)
        return known or open_room(self.state, room, form)

    def _check_arrival(
        self, room: Conference | None, form: Form, label: str | None
    ) -> None:
        sid = room.sid if room else ""
        if room:
            check_label(self.state, sid, label)
            check_capacity(self.state, sid)
        target = form.text("call_sid_to_coach")
        if target and form.flag("coaching", otherwise=True):
            check_target(self.state, sid, "", target)

    def _participant(self, conference_sid: str, key: str) -> Participant:
        members = self.state.members(self._conference(conference_sid).sid)
        for each in members:
            if each.call_sid == key:
                return each
        for each in members:
            if self._answers_to(each, key):
                return each
        raise Refused(NOT_FOUND)

    def _answers_to(self, participant: Participant, label: str) -> bool:
        held = participant.connected or self.switches.label_held_while_ringing
        if not held or participant.label is None:
            return False
        if "." in label and self.switches.label_with_dot == "404":
            return False
        return fold_label(self.state, participant.label) == fold_label(
            self.state, label
        )

    def _somebody(self, who: str) -> Call:
        for timeline in reversed(self.state.calls.values()):
            call = timeline.latest
            if not call.ended and who in self._names_of(call):
                return call
        raise LookupError(f"nobody at {who!r} is on a call")

    def _names_of(self, call: Call) -> set[str | None]:
        timeline = self.state.participants.get(call.sid)
        label = timeline.latest.label if timeline else None
        return {call.sid, call.party, label}


def _last(fields: Fields, name: str) -> str | None:
    values = fields.get(name)
    return values[-1] if values else None
