"""Updates of a conference: ending it, and announcements to everybody in it."""

from dataclasses import replace

from reconciler.simulator.agenda import EndConference
from reconciler.simulator.form import Fields, last_value
from reconciler.simulator.record import Conference, Ended
from reconciler.simulator.refusal import BAD_PARAMETER, NOT_FOUND, Refused
from reconciler.simulator.room import end_room
from reconciler.simulator.state import State


def update_conference(state: State, conference: Conference, fields: Fields) -> None:
    """Do what an update of a conference asks for. Refused: what it cannot do."""
    if not conference.live:
        twice = state.switches.complete_twice
        raise Refused(NOT_FOUND if twice == "404" else BAD_PARAMETER)
    status = last_value(fields, "Status")
    if status not in {None, "completed"}:
        raise Refused(BAD_PARAMETER, f"Invalid Status: {status}")
    if status:
        _check_end(state, conference)
    if url := last_value(fields, "AnnounceUrl"):
        for each in state.connected(conference.sid):
            heard = (*each.announcements, url)
            state.put_participant(replace(each, announcements=heard))
    if status:
        _end(state, conference)


def _check_end(state: State, conference: Conference) -> None:
    dialling = any(each.on_the_way for each in state.members(conference.sid))
    too_early = dialling and state.switches.complete_while_dialling == "refused"
    if conference.ending or too_early:
        raise Refused(int(state.switches.complete_refused_code), status=400)


def _end(state: State, conference: Conference) -> None:
    if not state.switches.ending_seconds:
        end_room(state, conference.sid, Ended.VIA_API)
        return
    state.put_conference(replace(conference, ending=True))
    at = state.now + state.switches.ending_seconds
    state.agenda.add(at, EndConference(conference.sid))
