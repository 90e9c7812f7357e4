"""Updates of a call: cancelled, ended, or sent to other TwiML."""

from reconciler.model.observation import CallStatus
from reconciler.simulator.form import Fields, last_value
from reconciler.simulator.happening import hang_up
from reconciler.simulator.record import Left
from reconciler.simulator.refusal import (
    BAD_PARAMETER,
    INVALID_CALL_STATE,
    NOT_FOUND,
    Refused,
)
from reconciler.simulator.room import leave
from reconciler.simulator.state import State


def update_call(state: State, sid: str, fields: Fields) -> None:
    """Do what an update of a call asks for. Refused: what it cannot do."""
    if sid not in state.calls:
        raise Refused(NOT_FOUND)
    call, status = state.call(sid), last_value(fields, "Status")
    if status not in {None, "canceled", "completed"}:
        raise Refused(BAD_PARAMETER, f"Invalid Status: {status}")
    answered = call.answered_at is not None
    if call.ended or (status == "canceled" and answered):
        raise Refused(INVALID_CALL_STATE)
    if status:
        ends_as = CallStatus.COMPLETED if answered else CallStatus.CANCELED
        hang_up(state, sid, ends_as, Left.UPDATED_VIA_API)
    elif last_value(fields, "Url") or last_value(fields, "Twiml"):
        leave(state, sid, Left.UPDATED_VIA_API)
