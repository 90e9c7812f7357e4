"""Calls: placed, dialed, answered, ended."""

from msgspec.structs import replace

from reconciler.model.observation import CallStatus
from reconciler.simulator.exchange.checked_form import CheckedForm
from reconciler.simulator.exchange.event_queue import Dial, HangUp
from reconciler.simulator.exchange.people import stand_in
from reconciler.simulator.exchange.records import Callback, CallRecord
from reconciler.simulator.exchange.state import State
from reconciler.simulator.exchange.status_callbacks import (
    ask_voice_url,
    send_call_event,
)

_SIP_OF = {
    CallStatus.BUSY: 486,
    CallStatus.NO_ANSWER: 487,
    CallStatus.CANCELED: 487,
    CallStatus.COMPLETED: 200,
}


def place(state: State, form: CheckedForm) -> CallRecord:
    """Queue an outgoing call behind those before it; it leaves in its turn."""
    leaves_at = max(state.now, state.slot_at)
    state.slot_at = leaves_at + 1 / state.calls_per_second
    call = state.put_call(
        CallRecord(
            sid=state.sids.new("CA"),
            serial=state.next_serial(),
            to=form.text("to"),
            sender=form.text("from"),
            direction="outbound-api",
            status=CallStatus.QUEUED,
            created_at=state.now,
            updated_at=state.now,
            queue_seconds=leaves_at - state.now,
            callback=_callback(form),
        )
    )
    state.agenda.add(leaves_at, Dial(call.sid))
    return call


def receive(state: State, sender: str, to: str, shown_as: str = "") -> CallRecord:
    """Take a call that somebody makes to us; it is answered at once.

    ``shown_as`` is what is seen of a withheld address instead of it.
    """
    return state.put_call(
        CallRecord(
            sid=state.sids.new("CA"),
            serial=state.next_serial(),
            to=to,
            sender=shown_as or sender,
            caller=sender if shown_as else "",
            direction="inbound",
            status=CallStatus.IN_PROGRESS,
            created_at=state.now,
            updated_at=state.now,
            dialed_at=state.now,
            answered_at=state.now,
        )
    )


def call_number(state: State, to: str, sender: str, withheld: str = "") -> CallRecord:
    """Somebody calls a number, whose voice URL is asked; without one the call fails."""
    shown_as = stand_in(withheld, state.switches.withheld_caller)
    call = receive(state, sender, to, shown_as)
    call = replace(call, status=CallStatus.RINGING, answered_at=None)
    call = state.put_call(call)
    if to in state.voice_urls:
        ask_voice_url(state, call, state.voice_urls[to])
    else:
        finish(state, call.sid, CallStatus.FAILED)
    return state.call(call.sid)


def dial(state: State, sid: str) -> None:
    """The call leaves the queue."""
    call = state.put_call(replace(state.call(sid), dialed_at=state.now))
    send_call_event(state, call, "initiated")


def ring(state: State, sid: str) -> None:
    """The phone rings."""
    call = state.put_call(replace(state.call(sid), status=CallStatus.RINGING))
    send_call_event(state, call, "ringing")


def answer(state: State, sid: str) -> None:
    """The phone is answered."""
    call = replace(
        state.call(sid), status=CallStatus.IN_PROGRESS, answered_at=state.now
    )
    send_call_event(state, state.put_call(call), "answered")


def detect(state: State, sid: str, answered_by: str) -> None:
    """Machine detection tells who answered."""
    state.put_call(replace(state.call(sid), answered_by=answered_by))


def finish(
    state: State, sid: str, status: CallStatus, sip_code: int | None = None
) -> None:
    """The call is over; one that is over already stays as it is."""
    call = state.call(sid)
    if call.ended:
        return
    code = sip_code or _SIP_OF.get(status)
    over = replace(call, status=status, ended_at=state.now, sip_code=code)
    send_call_event(state, state.put_call(over), "completed")


def plan_hang_up(state: State, sid: str, *after: float | None) -> None:
    """The call will be hung up after the least of the given seconds, if any."""
    given = [each for each in after if each is not None]
    if given:
        state.agenda.add(state.now + min(given), HangUp(sid))


def _callback(form: CheckedForm) -> Callback:
    return Callback(
        url=form.text("status_callback"),
        method=form.text("status_callback_method", "POST"),
        events=form.words("status_callback_event", ("completed",)),
    )
