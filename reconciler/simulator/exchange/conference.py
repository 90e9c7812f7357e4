"""Rooms: opened, joined, left and ended by the two-participant rule."""

from msgspec.structs import replace

from reconciler.model.observation import CallStatus, ConferenceStatus, ParticipantStatus
from reconciler.simulator.exchange.audio import note_hearing
from reconciler.simulator.exchange.call import finish
from reconciler.simulator.exchange.checked_form import CheckedForm
from reconciler.simulator.exchange.records import (
    Callback,
    ConferenceRecord,
    Ended,
    Left,
    ParticipantRecord,
)
from reconciler.simulator.exchange.state import State
from reconciler.simulator.exchange.status_callbacks import send_conference_event

_CAPACITY = 250


def find_live(
    state: State, name: str, *, older_than: float = 0.0
) -> ConferenceRecord | None:
    """The live conference of a name, made at least so many seconds ago."""
    for conference in reversed(state.conferences.values()):
        old_enough = state.now - conference.created_at >= older_than
        if conference.name == name and conference.live and old_enough:
            return conference
    return None


def open_room(state: State, name: str, form: CheckedForm) -> ConferenceRecord:
    """A new conference; what its first participant says of it is what counts."""
    return state.put_conference(
        ConferenceRecord(
            sid=state.sids.new("CF"),
            serial=state.next_serial(),
            name=name,
            status=ConferenceStatus.INIT,
            created_at=state.now,
            updated_at=state.now,
            region=form.text("region", "us1"),
            max_participants=form.number("max_participants", _CAPACITY),
            callback=_callback(form),
        )
    )


def connect(state: State, call_sid: str) -> None:
    """Somebody's leg is in the room from now on."""
    arriving = _moor(state, state.participant(call_sid))
    participant = state.put_participant(
        _start_coaching(state, replace(arriving, status=ParticipantStatus.CONNECTED))
    )
    conference = replace(state.conferences[participant.conference_sid], opened=True)
    state.put_conference(conference)
    if state.switches.join_before_start:
        send_conference_event(state, conference, "participant-join", participant)
        start_if_due(state, conference.sid)
    else:
        start_if_due(state, conference.sid)
        send_conference_event(state, conference, "participant-join", participant)
    note_hearing(state, conference.sid)


def start_if_due(state: State, conference_sid: str) -> None:
    """Start a conference that has two participants, one of whom starts it."""
    conference = state.conferences[conference_sid]
    present = [
        participant
        for participant in state.members(conference_sid)
        if _counts(state, participant)
    ]
    starts = any(participant.start_conference_on_enter for participant in present)
    if conference.status is ConferenceStatus.INIT and len(present) > 1 and starts:
        conference = replace(conference, status=ConferenceStatus.IN_PROGRESS)
        state.put_conference(conference)
        if state.switches.start_event:
            send_conference_event(state, conference, "conference-start")
        note_hearing(state, conference_sid)


def leave(state: State, call_sid: str, reason: Left, *, kicked: bool = False) -> None:
    """Somebody's leg is gone; coaches lose their target, and the room may end."""
    leaving = state.participant(call_sid)
    if leaving.gone:
        return
    _depart(state, leaving, reason)
    if not leaving.adrift:
        _end_if_due(state, leaving, kicked=kicked)
    note_hearing(state, leaving.conference_sid)


def end_room(
    state: State, conference_sid: str, reason: Ended, ended_by: str | None = None
) -> None:
    """The conference is over and everybody's call with it."""
    conference = replace(
        state.conferences[conference_sid],
        status=ConferenceStatus.COMPLETED,
        reason_ended=reason,
        ended_by=ended_by,
    )
    state.put_conference(conference)
    by_api = reason is Ended.VIA_API
    for participant in state.members(conference_sid):
        reason_left = Left.ENDED_VIA_API if by_api else Left.MODERATOR_ENDED
        _dismiss(state, participant.call_sid, reason_left)
    send_conference_event(
        state, conference, "conference-end", None, **_end_fields(state, conference)
    )
    note_hearing(state, conference_sid)


def _end_if_due(state: State, left: ParticipantRecord, *, kicked: bool) -> None:
    sid = left.conference_sid
    conference = state.conferences[sid]
    if not conference.live:
        return
    if left.connected and left.end_conference_on_exit:
        reason = Ended.END_ON_EXIT_KICKED if kicked else Ended.END_ON_EXIT_LEFT
        end_room(state, sid, reason, left.call_sid)
        return
    keeps = state.switches.ringing_keeps_room or not conference.opened
    if not state.connected(sid) and not (keeps and state.members(sid)):
        reason = Ended.LAST_KICKED if kicked else Ended.LAST_LEFT
        end_room(state, sid, reason, left.call_sid)


def _dismiss(state: State, call_sid: str, reason: Left) -> None:
    participant = state.participant(call_sid)
    if participant.connected:
        finish(state, call_sid, CallStatus.COMPLETED)
    elif state.switches.ringing_when_room_ends == "new_room":
        state.put_participant(replace(participant, adrift=True))
        return
    else:
        finish(state, call_sid, CallStatus.CANCELED)
    _depart(state, participant, reason)


def _depart(state: State, leaving: ParticipantRecord, reason: Left) -> None:
    status = (
        ParticipantStatus.COMPLETE if leaving.connected else ParticipantStatus.FAILED
    )
    gone = replace(leaving, status=status, left_at=state.now)
    state.put_participant(gone)
    _orphan(state, leaving)
    if leaving.connected or state.switches.leave_event_when_never_joined:
        send_conference_event(
            state,
            state.conferences[leaving.conference_sid],
            "participant-leave",
            gone,
            ParticipantCallStatus=str(state.call(leaving.call_sid).status),
            ReasonParticipantLeft=str(reason),
        )


def _orphan(state: State, target: ParticipantRecord) -> None:
    for coach in state.members(target.conference_sid):
        if coach.coaching and coach.call_sid_to_coach == target.call_sid:
            state.put_participant(_without_target(state, coach))


def _without_target(state: State, coach: ParticipantRecord) -> ParticipantRecord:
    if state.switches.coaching_flag_when_target_leaves == "keeps":
        return replace(coach, orphaned=True)
    return replace(coach, orphaned=True, coaching=False, call_sid_to_coach=None)


def _start_coaching(state: State, coach: ParticipantRecord) -> ParticipantRecord:
    if coach.coach_on_arrival is None:
        return coach
    present = {
        participant.call_sid for participant in state.connected(coach.conference_sid)
    }
    coach = replace(
        coach,
        coaching=True,
        call_sid_to_coach=coach.coach_on_arrival,
        coach_on_arrival=None,
    )
    if coach.call_sid_to_coach in present:
        return coach
    return _without_target(state, coach)


def _moor(state: State, participant: ParticipantRecord) -> ParticipantRecord:
    """Find a room for somebody whose conference ended on the way, and a free label."""
    sid = participant.conference_sid
    if participant.adrift:
        name = state.conferences[sid].name
        sid = (find_live(state, name) or open_room(state, name, CheckedForm({}))).sid
    taken = {each.label for each in state.connected(sid)}
    label = None if participant.label in taken else participant.label
    return replace(participant, conference_sid=sid, adrift=False, label=label)


def _counts(state: State, participant: ParticipantRecord) -> bool:
    if participant.connected:
        return True
    ringing = participant.status is ParticipantStatus.RINGING
    return ringing and participant.early_media and state.switches.early_media_counts


def _end_fields(state: State, conference: ConferenceRecord) -> dict[str, str]:
    reason = str(conference.reason_ended)
    fields = {
        "ReasonConferenceEnded": reason,
        "Reason": _sentence(conference),
    }
    if conference.ended_by:
        fields["CallSidEndingConference"] = conference.ended_by
        label = state.participant(conference.ended_by).label
        if label:
            fields["ParticipantLabelEndingConference"] = label
    return fields


def _sentence(conference: ConferenceRecord) -> str:
    """The Reason of a conference-end, as a recording has it for a moderator."""
    if conference.reason_ended is Ended.END_ON_EXIT_LEFT:
        who = f"Participant {conference.ended_by}"
        return f"{who} with endConferenceOnExit left the conference"
    return str(conference.reason_ended).replace("-", " ").capitalize()


def _callback(form: CheckedForm) -> Callback:
    return Callback(
        url=form.text("conference_status_callback"),
        method=form.text("conference_status_callback_method", "POST"),
        events=form.words("conference_status_callback_event", ("start", "end")),
    )
