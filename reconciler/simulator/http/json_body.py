"""JSON bodies of records, in Twilio's form."""

import hashlib
import re
from collections.abc import Mapping

from msgspec import Struct

from reconciler.model.observation import ConferenceStatus
from reconciler.simulator.exchange.date import rfc2822
from reconciler.simulator.exchange.listing import started_at
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    ParticipantRecord,
)
from reconciler.simulator.exchange.state import State

Body = Mapping[str, object]
_API_VERSION = "2010-04-01"
_SUBRESOURCES = (
    "notifications",
    "recordings",
    "events",
    "streams",
    "payments",
    "siprec",
    "user_defined_messages",
    "user_defined_message_subscriptions",
)
_US_NUMBER = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")


def account_path(state: State) -> str:
    """The path under which everything of the account is."""
    return f"/{_API_VERSION}/Accounts/{state.account.sid}"


def conference_body(state: State, conference: ConferenceRecord) -> Body:
    """Twilio: conference resource."""
    path = f"{account_path(state)}/Conferences/{conference.sid}"
    return {
        "account_sid": state.account.sid,
        "api_version": _API_VERSION,
        "date_created": rfc2822(conference.created_at),
        "date_updated": rfc2822(conference.updated_at),
        "friendly_name": conference.name,
        "region": conference.region,
        "sid": conference.sid,
        "status": conference.status,
        "subresource_uris": {
            "participants": f"{path}/Participants.json",
            "recordings": f"{path}/Recordings.json",
        },
        "uri": f"{path}.json",
        "reason_conference_ended": conference.reason_ended,
        "call_sid_ending_conference": conference.ended_by,
    }


def participant_body(
    state: State, participant: ParticipantRecord, queue_seconds: float | None = None
) -> Body:
    """Twilio: conference participant resource; ``queue_time`` only after a create."""
    path = f"{account_path(state)}/Conferences/{participant.conference_sid}"
    queue_time = None if queue_seconds is None else str(round(queue_seconds * 1000))
    return {
        "account_sid": state.account.sid,
        "call_sid": participant.call_sid,
        "label": participant.label,
        "conference_sid": participant.conference_sid,
        "date_created": rfc2822(participant.created_at),
        "date_updated": rfc2822(participant.updated_at),
        "end_conference_on_exit": participant.end_conference_on_exit,
        "muted": _muted(state, participant),
        "hold": participant.hold,
        "status": None if state.switches.status_null else participant.status,
        "start_conference_on_enter": participant.start_conference_on_enter,
        "coaching": participant.coaching,
        "call_sid_to_coach": participant.call_sid_to_coach,
        "queue_time": queue_time,
        "uri": f"{path}/Participants/{participant.call_sid}.json",
    }


def listed_participant_body(state: State, participant: ParticipantRecord) -> Body:
    """A participant in a listing: as anywhere, without ``queue_time``."""
    body = dict(participant_body(state, participant))
    del body["queue_time"]
    return body


def call_body(state: State, call: CallRecord) -> Body:
    """Twilio: call resource."""
    path = f"{account_path(state)}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": state.account.sid,
        "parent_call_sid": None,
        "status": call.status,
        "direction": call.direction,
        "from": call.sender,
        "from_formatted": _formatted(call.sender),
        "to": call.to,
        "to_formatted": _formatted(call.to),
        "answered_by": call.answered_by,
        "duration": _duration(call),
        "start_time": _optional(started_at(state, call)),
        "end_time": _optional(call.ended_at),
        "date_created": rfc2822(started_at(state, call) or call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "price": None,
        "price_unit": "USD",
        "phone_number_sid": _number_sid(call),
        "forwarded_from": None,
        "annotation": None,
        "caller_name": None if call.direction == "inbound" else "",
        "group_sid": None,
        "queue_time": str(round(call.queue_seconds * 1000)),
        "trunk_sid": "",
        "api_version": _API_VERSION,
        "uri": f"{path}.json",
        "subresource_uris": {
            each: f"{path}/{each.title().replace('_', '')}.json"
            for each in _SUBRESOURCES
        },
    }


class OwnedNumber(Struct, frozen=True):
    """A phone number of the account."""

    number: str
    serial: int = 0

    @property
    def sid(self) -> str:
        """Its SID, the same each time."""
        return f"PN{hashlib.sha256(self.number.encode()).hexdigest()[:32]}"


def number_body(state: State, owned: OwnedNumber) -> Body:
    """Twilio: incoming phone number resource, as far as a look-up needs it."""
    return {
        "sid": owned.sid,
        "account_sid": state.account.sid,
        "phone_number": owned.number,
        "friendly_name": _formatted(owned.number),
        "api_version": _API_VERSION,
        "uri": f"{account_path(state)}/IncomingPhoneNumbers/{owned.sid}.json",
    }


def _number_sid(call: CallRecord) -> str | None:
    """The SID of our own number in a call; a client or SIP address has none."""
    ours = call.to if call.direction == "inbound" else call.sender
    if not ours.startswith("+"):
        return None
    return OwnedNumber(ours).sid


def _muted(state: State, participant: ParticipantRecord) -> bool:
    conference = state.conferences[participant.conference_sid]
    waiting = (
        conference.status is ConferenceStatus.INIT
        and participant.connected
        and not participant.start_conference_on_enter
    )
    return participant.muted or (waiting and state.switches.muted_while_waiting)


def _duration(call: CallRecord) -> str | None:
    if call.dialed_at is None:
        return None
    if call.ended_at is None or call.answered_at is None:
        return "0"
    return str(int(call.ended_at - call.answered_at))


def _optional(moment: float | None) -> str | None:
    return None if moment is None else rfc2822(moment)


def _formatted(address: str) -> str:
    match = _US_NUMBER.fullmatch(address)
    return f"({match[1]}) {match[2]}-{match[3]}" if match else address
