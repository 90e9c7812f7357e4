"""Finds the record that a request refers to."""

from reconciler.simulator.exchange.api_error import (
    BAD_PARAMETER,
    CONFERENCE_OVER,
    NOT_FOUND,
    ApiError,
)
from reconciler.simulator.exchange.checked_form import CheckedForm
from reconciler.simulator.exchange.conference import find_live, open_room
from reconciler.simulator.exchange.listing import (
    conference_visible,
    reads_as_name,
    show_participants,
)
from reconciler.simulator.exchange.participant import (
    asked_target,
    check_capacity,
    check_label,
    fold_label,
)
from reconciler.simulator.exchange.participant_update import check_target
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    ParticipantRecord,
)
from reconciler.simulator.exchange.state import State

_NAME_LENGTH = 128


def find_conference(state: State, sid: str) -> ConferenceRecord:
    """A conference by its SID, live or over. Refused when there is none."""
    conference = state.conferences.get(sid)
    if conference is None or not conference_visible(state, conference):
        raise ApiError(NOT_FOUND)
    return conference


def conference_to_update(state: State, key: str) -> ConferenceRecord:
    """A conference by SID, or by name where the switch says so."""
    if reads_as_name(key) and state.switches.conference_post_by_name == "works":
        return find_live(state, key) or find_conference(state, key)
    return find_conference(state, key)


def room_to_join(state: State, key: str, form: CheckedForm) -> ConferenceRecord:
    """The conference a create leads to, opened if need be, once it may join."""
    conference = _known_room(state, key)
    if conference:
        check_label(state, conference.sid, form)
        check_capacity(state, conference.sid)
    if target := asked_target(form):
        check_target(state, conference.sid if conference else "", "", target)
    return conference or open_room(state, key, form)


def find_participant(state: State, conference_sid: str, key: str) -> ParticipantRecord:
    """An active participant by call SID or label. Refused when there is none."""
    members = state.members(find_conference(state, conference_sid).sid)
    for participant in members:
        if participant.call_sid == key:
            return participant
    for participant in members:
        if _answers_to(state, participant, key):
            return participant
    raise ApiError(NOT_FOUND)


def participant_to_change(
    state: State, conference_sid: str, key: str
) -> ParticipantRecord:
    """An active participant; somebody who is only listed is refused by a switch."""
    try:
        return find_participant(state, conference_sid, key)
    except ApiError:
        listed = show_participants(state, conference_sid, {})
        if not any(
            key in {participant.call_sid, participant.label} for participant in listed
        ):
            raise
    status, _, code = state.switches.change_of_gone.rpartition("+")
    if code == "404":
        raise ApiError(NOT_FOUND)
    raise ApiError(int(code), status=int(status or 0))


def find_somebody(state: State, who: str) -> CallRecord:
    """The newest live call of a call SID, label or address; else LookupError."""
    for timeline in reversed(state.calls.values()):
        call = timeline.latest
        if not call.ended and who in _names_of(state, call):
            return call
    raise LookupError(f"nobody at {who!r} is on a call")


def _known_room(state: State, key: str) -> ConferenceRecord | None:
    if reads_as_name(key):
        if len(key) > _NAME_LENGTH:
            raise ApiError(BAD_PARAMETER, "Invalid FriendlyName: its length")
        return find_live(state, key, older_than=state.switches.name_race_seconds)
    conference = state.conferences.get(key)
    if conference is None or not conference.live:
        raise ApiError(CONFERENCE_OVER)
    return conference


def _answers_to(state: State, participant: ParticipantRecord, label: str) -> bool:
    held = participant.connected or state.switches.label_held_while_ringing
    if not held or participant.label is None:
        return False
    if "." in label and state.switches.label_with_dot == "404":
        return False
    return fold_label(state, participant.label) == fold_label(state, label)


def _names_of(state: State, call: CallRecord) -> set[str | None]:
    timeline = state.participants.get(call.sid)
    label = timeline.latest.label if timeline else None
    return {call.sid, call.party, call.phone, label}
