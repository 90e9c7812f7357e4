"""Scheduled events: phones ring, people answer, leave and dial in."""

from typing import assert_never

from msgspec.structs import replace

from reconciler.model.observation import CallStatus, ParticipantStatus
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.audio import note_hearing
from reconciler.simulator.exchange.audit_log import PhoneRing
from reconciler.simulator.exchange.call import (
    answer,
    call_number,
    detect,
    dial,
    finish,
    plan_hang_up,
    receive,
    ring,
)
from reconciler.simulator.exchange.checked_form import CheckedForm
from reconciler.simulator.exchange.conference import (
    connect,
    end_room,
    find_live,
    leave,
    open_room,
    start_if_due,
)
from reconciler.simulator.exchange.event_queue import (
    Arrive,
    Detect,
    Dial,
    EndConference,
    GiveUp,
    HangUp,
    Happening,
    PickUp,
    Reach,
)
from reconciler.simulator.exchange.participant import (
    check_capacity,
    check_label,
    make_participant,
)
from reconciler.simulator.exchange.people import (
    PhoneBehavior,
    Subscriber,
    bare_address,
    stand_in,
)
from reconciler.simulator.exchange.records import (
    ConferenceRecord,
    Ended,
    Left,
    ParticipantRecord,
)
from reconciler.simulator.exchange.state import State

_OUR_NUMBER = "+15005550006"
_BUFFER_SECONDS = 5.0
"""Twilio rings so many seconds longer than Timeout says."""


def happen(state: State, happening: Happening) -> None:
    """Let one thing happen; what is no longer possible does not."""
    match happening:
        case Arrive(to=to) if to:
            call_number(state, to, happening.sender, happening.withheld)
        case Arrive():
            _arrive_if_possible(state, happening)
        case EndConference(sid):
            if state.conferences[sid].live:
                end_room(state, sid, Ended.VIA_API)
        case Dial() | Reach() | PickUp() | Detect() | GiveUp() | HangUp():
            if not state.call(happening.call_sid).ended:
                _happen_to_call(state, happening)
        case _:
            assert_never(happening)


def arrive(
    state: State, room: str, sender: str, form: CheckedForm, withheld: str = ""
) -> ParticipantRecord:
    """Somebody dials in and is in the room at once. Refused: label, capacity.

    ``withheld`` is why the caller's address is not shown, empty where it is.
    """
    conference = room_for(state, room, form)
    shown_as = stand_in(withheld, state.switches.withheld_caller)
    call = receive(state, sender, _OUR_NUMBER, shown_as)
    return join(state, call.sid, conference, form)


def room_for(state: State, room: str, form: CheckedForm) -> ConferenceRecord:
    """The live conference of a name, or a new one. Refused: label, capacity."""
    conference = find_live(state, room)
    if conference is None:
        return open_room(state, room, form)
    check_label(state, conference.sid, form)
    check_capacity(state, conference.sid)
    return conference


def join(
    state: State, call_sid: str, conference: ConferenceRecord, form: CheckedForm
) -> ParticipantRecord:
    """Somebody whose call is answered is in the room from now on, as the form says."""
    person = state.people.find(state.call(call_sid).phone)
    state.put_participant(make_participant(state, form, call_sid, conference.sid))
    connect(state, call_sid)
    plan_hang_up(state, call_sid, person.hangs_up_after)
    return state.participant(call_sid)


def hang_up(
    state: State,
    call_sid: str,
    status: CallStatus,
    reason: Left,
    *,
    kicked: bool = False,
    sip_code: int | None = None,
) -> None:
    """End a call, and with it the participant."""
    finish(state, call_sid, status, sip_code)
    if call_sid in state.participants:
        leave(state, call_sid, reason, kicked=kicked)


def part(
    state: State, call_sid: str, *, ghost_seconds: float = 0, listed_seconds: float = 0
) -> None:
    """A person's phone goes; Twilio notices after ``ghost_seconds``.

    For ``listed_seconds`` after that, listings show the leg as connected.
    """
    leg = state.participants.get(call_sid)
    if leg and leg.latest.connected and ghost_seconds and not leg.latest.ghost:
        ghost = state.put_participant(replace(leg.latest, ghost=True))
        state.agenda.add(state.now + ghost_seconds, HangUp(call_sid, listed_seconds))
        note_hearing(state, ghost.conference_sid)
        return
    answered = state.call(call_sid).answered_at is not None
    status = CallStatus.COMPLETED if answered else CallStatus.BUSY
    reason = Left.HUNG_UP if answered else Left.ADD_FAILED
    hang_up(state, call_sid, status, reason)
    if leg and listed_seconds:
        until = state.now + listed_seconds
        state.put_participant(replace(leg.latest, listed_until=until))


def _arrive_if_possible(state: State, caller: Arrive) -> None:
    form = CheckedForm({"label": caller.label} if caller.label else {})
    try:
        arrive(state, caller.room, caller.sender, form, caller.withheld)
    except ApiError:
        call = receive(state, caller.sender, _OUR_NUMBER)
        finish(state, call.sid, CallStatus.COMPLETED)


def _happen_to_call(
    state: State, happening: Dial | Reach | PickUp | Detect | GiveUp | HangUp
) -> None:
    sid = happening.call_sid
    match happening:
        case Dial():
            dial(state, sid)
            _become(state, sid, ParticipantStatus.CONNECTING)
            state.agenda.add(state.now + state.switches.connecting_seconds, Reach(sid))
        case Reach():
            _reach(state, sid)
        case PickUp():
            _pick_up(state, sid)
        case Detect():
            person = state.people.find(state.call(sid).to)
            detect(state, sid, _answered_by(state.participant(sid), person))
        case GiveUp():
            if state.call(sid).status is CallStatus.RINGING:
                hang_up(state, sid, CallStatus.NO_ANSWER, Left.ADD_FAILED)
        case HangUp(_, listed_seconds):
            person = state.people.find(state.call(sid).phone)
            part(
                state,
                sid,
                ghost_seconds=person.ghost_seconds,
                listed_seconds=listed_seconds or person.listed_seconds,
            )
        case _:
            assert_never(happening)


def _reach(state: State, sid: str) -> None:
    address = bare_address(state.call(sid).to)
    person = state.people.find(address)
    does = person.answer(state.dialed[address])
    state.dialed[address] += 1
    match does:
        case PhoneBehavior.BUSY:
            hang_up(state, sid, CallStatus.BUSY, Left.ADD_FAILED)
        case PhoneBehavior.FAILS:
            code = person.sip_code
            hang_up(state, sid, CallStatus.FAILED, Left.ADD_FAILED, sip_code=code)
        case PhoneBehavior.NO_ANSWER:
            _ring(state, sid)
        case PhoneBehavior.ANSWERS:
            state.agenda.add(state.now + person.answers_after, PickUp(sid))
            _ring(state, sid)
        case _:
            assert_never(does)


def _ring(state: State, sid: str) -> None:
    ring(state, sid)
    _become(state, sid, ParticipantStatus.RINGING)
    participant = state.participant(sid)
    state.agenda.add(state.now + participant.timeout + _BUFFER_SECONDS, GiveUp(sid))
    state.history.rings.append(
        PhoneRing(
            at=state.now,
            to=state.call(sid).to,
            call_sid=sid,
            label=participant.label,
            conference=state.conferences[participant.conference_sid].name,
            conference_sid=participant.conference_sid,
        )
    )
    start_if_due(state, participant.conference_sid)


def _pick_up(state: State, sid: str) -> None:
    participant = state.participant(sid)
    person = state.people.find(state.call(sid).to)
    answer(state, sid)
    if "machine_detection" in participant.sent:
        state.agenda.add(state.now + _detection(participant, person), Detect(sid))
    if not participant.gone:
        connect(state, sid)
    plan_hang_up(state, sid, person.hangs_up_after, participant.time_limit)


def _become(state: State, sid: str, status: ParticipantStatus) -> None:
    participant = state.participant(sid)
    if not participant.gone:
        state.put_participant(replace(participant, status=status))


def _detection(participant: ParticipantRecord, person: Subscriber) -> float:
    """Seconds until it is told who answered; a message is heard to its end."""
    whole = participant.sent["machine_detection"] == "DetectMessageEnd"
    return person.message_seconds if whole and person.machine else person.told_after


def _answered_by(participant: ParticipantRecord, person: Subscriber) -> str:
    if not person.machine:
        return "human"
    whole = participant.sent["machine_detection"] == "DetectMessageEnd"
    return "machine_end_beep" if whole else "machine_start"
