"""What becomes of a caller whose number's voice URL has answered."""

from reconciler.model.observation import CallStatus
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.call import answer, finish
from reconciler.simulator.exchange.call_instructions import (
    JoinConference,
    RejectCall,
    read_twiml,
)
from reconciler.simulator.exchange.event_dispatch import join, room_for
from reconciler.simulator.exchange.state import State


def follow(state: State, call_sid: str, document: str | None) -> None:
    """Do with a ringing call what TwiML says; None, or no TwiML, ends it."""
    if state.call(call_sid).status is not CallStatus.RINGING:
        return
    try:
        instruction = read_twiml(document or "")
        if isinstance(instruction, RejectCall):
            busy = instruction.busy
            finish(state, call_sid, CallStatus.BUSY if busy else CallStatus.NO_ANSWER)
            return
        _join(state, call_sid, instruction)
    except (ValueError, ApiError):
        finish(state, call_sid, CallStatus.FAILED)


def _join(state: State, call_sid: str, instruction: JoinConference) -> None:
    conference = room_for(state, instruction.room, instruction.form)
    answer(state, call_sid)
    join(state, call_sid, conference, instruction.form)
