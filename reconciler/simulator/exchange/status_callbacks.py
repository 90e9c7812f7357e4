"""Events of conferences and calls, with the fields that Twilio's webhooks have."""

from collections.abc import Mapping

from reconciler.model.observation import CallStatus
from reconciler.simulator.exchange.audit_log import LoggedEvent
from reconciler.simulator.exchange.date import rfc2822
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    ParticipantRecord,
)
from reconciler.simulator.exchange.state import State

VOICE = "voice"
"""The stream of questions whose answers are TwiML."""

_GROUPS: Mapping[str, str] = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
}


def send_conference_event(
    state: State,
    conference: ConferenceRecord,
    name: str,
    participant: ParticipantRecord | None = None,
    **extra: str,
) -> None:
    """A conference event, about one participant or about all of it."""
    base = int(state.switches.sequence_base)
    form = {
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.name,
        "AccountSid": state.account.sid,
        "SequenceNumber": str(base + state.sequence[conference.sid]),
        "Timestamp": rfc2822(state.now),
        "StatusCallbackEvent": name,
    }
    state.sequence[conference.sid] += 1
    if participant:
        form |= _about(participant)
    asked = _GROUPS[name] in conference.callback.events and conference.callback.url
    state.history.events.append(
        LoggedEvent(
            at=state.now,
            stream="conference",
            name=name,
            form=form | extra,
            url=conference.callback.url if asked else None,
            method=conference.callback.method,
        )
    )


def send_call_event(state: State, call: CallRecord, name: str) -> None:
    """A call event: initiated, ringing, answered or completed.

    Its SequenceNumber counts those that are sent.
    """
    asked = bool(name in call.callback.events and call.callback.url)
    state.history.events.append(
        LoggedEvent(
            at=state.now,
            stream="call",
            name=name,
            form=_of_call(state, call, name),
            url=call.callback.url if asked else None,
            method=call.callback.method,
        )
    )
    state.sequence[call.sid] += asked


def ask_voice_url(state: State, call: CallRecord, url: str) -> None:
    """Twilio asks what is to become of a call that came in."""
    form = {
        "CallSid": call.sid,
        "AccountSid": state.account.sid,
        "From": call.sender,
        "To": call.to,
        "Caller": call.sender,
        "Called": call.to,
        **_places(call),
        "CallStatus": str(call.status),
        "ApiVersion": "2010-04-01",
        "Direction": call.direction,
    }
    state.history.events.append(
        LoggedEvent(state.now, VOICE, "incoming", form, url, "POST")
    )


def _about(participant: ParticipantRecord) -> dict[str, str]:
    form = {
        "CallSid": participant.call_sid,
        "Muted": _word(participant.muted),
        "Hold": _word(participant.hold),
        "Coaching": _word(participant.coaching),
        "EndConferenceOnExit": _word(participant.end_conference_on_exit),
        "StartConferenceOnEnter": _word(participant.start_conference_on_enter),
    }
    return form | ({"ParticipantLabel": participant.label} if participant.label else {})


def _of_call(state: State, call: CallRecord, name: str) -> dict[str, str]:
    form = {
        "CallSid": call.sid,
        "AccountSid": state.account.sid,
        "From": call.sender,
        "To": call.to,
        "Caller": call.sender,
        "Called": call.to,
        **_places(call),
        "CallStatus": str(CallStatus.INITIATED if name == "initiated" else call.status),
        "ApiVersion": "2010-04-01",
        "Direction": call.direction,
        "Timestamp": rfc2822(state.now),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(state.sequence[call.sid]),
    }
    return form | (_outcome(state, call) if call.ended else {})


def _places(call: CallRecord) -> dict[str, str]:
    """Twilio's guesses of where phones are; nothing for clients and SIP addresses."""
    ends = {"From": call.sender, "Caller": call.sender}
    ends |= {"To": call.to, "Called": call.to}
    return {
        f"{end}{part}": "US" if part == "Country" and number[:2] == "+1" else ""
        for end, number in ends.items()
        if number.startswith("+")
        for part in ("City", "State", "Zip", "Country")
    }


def _outcome(state: State, call: CallRecord) -> dict[str, str]:
    talked = int(state.now - call.answered_at) if call.answered_at is not None else 0
    outcome = {"CallDuration": str(talked), "Duration": str(-(-talked // 60))}
    if call.sip_code:
        outcome["SipResponseCode"] = str(call.sip_code)
    return outcome


def _word(flag: bool) -> str:
    return "true" if flag else "false"
