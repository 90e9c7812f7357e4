"""Updates of a call: canceled, ended, or sent to other TwiML."""

from reconciler.model.observation import CallStatus
from reconciler.simulator.exchange.api_error import (
    BAD_PARAMETER,
    INVALID_CALL_STATE,
    NOT_FOUND,
    ApiError,
)
from reconciler.simulator.exchange.checked_form import Fields, last_value
from reconciler.simulator.exchange.conference import leave
from reconciler.simulator.exchange.event_dispatch import hang_up
from reconciler.simulator.exchange.records import Left
from reconciler.simulator.exchange.state import State


def update_call(state: State, sid: str, fields: Fields) -> None:
    """Do what an update of a call asks for. Refused: what it cannot do."""
    if sid not in state.calls:
        raise ApiError(NOT_FOUND)
    call, status = state.call(sid), last_value(fields, "Status")
    if status not in {None, "canceled", "completed"}:
        raise ApiError(BAD_PARAMETER, f"Invalid Status: {status}")
    answered = call.answered_at is not None
    if call.ended or (status == "canceled" and answered):
        raise ApiError(INVALID_CALL_STATE)
    if status:
        ends_as = CallStatus.COMPLETED if answered else CallStatus.CANCELED
        hang_up(state, sid, ends_as, Left.UPDATED_VIA_API)
    elif last_value(fields, "Url") or last_value(fields, "Twiml"):
        leave(state, sid, Left.UPDATED_VIA_API)
