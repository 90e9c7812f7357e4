"""Updates of a conference: ending it, and announcements to everybody in it."""

from msgspec.structs import replace

from reconciler.simulator.exchange.api_error import BAD_PARAMETER, NOT_FOUND, ApiError
from reconciler.simulator.exchange.checked_form import Fields, last_value
from reconciler.simulator.exchange.conference import end_room
from reconciler.simulator.exchange.event_queue import EndConference
from reconciler.simulator.exchange.records import ConferenceRecord, Ended
from reconciler.simulator.exchange.state import State


def update_conference(
    state: State, conference: ConferenceRecord, fields: Fields
) -> None:
    """Do what an update of a conference asks for. Refused: what it cannot do."""
    if not conference.live:
        twice = state.switches.complete_twice
        raise ApiError(NOT_FOUND if twice == "404" else BAD_PARAMETER)
    status = last_value(fields, "Status")
    if status not in {None, "completed"}:
        raise ApiError(BAD_PARAMETER, f"Invalid Status: {status}")
    if status:
        _check_end(state, conference)
    if url := last_value(fields, "AnnounceUrl"):
        for participant in state.connected(conference.sid):
            heard = (*participant.announcements, url)
            state.put_participant(replace(participant, announcements=heard))
    if status:
        _end(state, conference)


def _check_end(state: State, conference: ConferenceRecord) -> None:
    dialing = any(
        participant.on_the_way for participant in state.members(conference.sid)
    )
    too_early = dialing and state.switches.complete_while_dialing == "refused"
    if conference.ending or too_early:
        raise ApiError(int(state.switches.complete_refused_code), status=400)


def _end(state: State, conference: ConferenceRecord) -> None:
    if not state.switches.ending_seconds:
        end_room(state, conference.sid, Ended.VIA_API)
        return
    state.put_conference(replace(conference, ending=True))
    at = state.now + state.switches.ending_seconds
    state.agenda.add(at, EndConference(conference.sid))
