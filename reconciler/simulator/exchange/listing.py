"""Contents of listings and look-ups, with configurable lag."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from msgspec.structs import replace

from reconciler.model.observation import CallStatus, ConferenceStatus, ParticipantStatus
from reconciler.simulator.exchange.api_error import BAD_PARAMETER, ApiError
from reconciler.simulator.exchange.date import day, read_day
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    ParticipantRecord,
)
from reconciler.simulator.exchange.state import State

Query = Mapping[str, str]
T = TypeVar("T")
_FLAGS = {"Muted": "muted", "Hold": "hold", "Coaching": "coaching"}


def show_conferences(state: State, query: Query) -> tuple[ConferenceRecord, ...]:
    """Conferences that pass the filters, newest first."""
    _check_word(query, "Status", ConferenceStatus)
    wanted = _wanted_status(state, query)
    moment = state.now - state.switches.conferences_list_lag
    sids = reversed(state.conferences)
    past = (state.conference_past[sid].at(moment) for sid in sids)
    known = (
        as_shown(state, conference) for conference in past if conference is not None
    )
    conferences = [
        conference
        for conference in known
        if conference_visible(state, conference)
        and not just_ended(state, conference)
        and query.get("FriendlyName", conference.name) == conference.name
        and wanted in {None, conference.status}
        and _on_days(query, "DateCreated", conference.created_at)
        and _on_days(query, "DateUpdated", conference.updated_at)
    ]
    return tuple(conferences)


def as_shown(state: State, conference: ConferenceRecord) -> ConferenceRecord:
    """A conference with the status that is shown of it."""
    waiting = conference.status is ConferenceStatus.INIT
    if waiting and state.switches.status_init == "in-progress":
        return replace(conference, status=ConferenceStatus.IN_PROGRESS)
    return conference


def just_ended(state: State, conference: ConferenceRecord) -> bool:
    """Whether a conference ended so lately that it cannot be found."""
    age = state.now - conference.updated_at
    return not conference.live and age < state.switches.ended_conference_missing_seconds


def _wanted_status(state: State, query: Query) -> str | None:
    """The status that a listing is asked for; None for any."""
    status = query.get("Status")
    if status == ConferenceStatus.INIT and state.switches.status_init == "refused":
        raise ApiError(BAD_PARAMETER, f"Invalid Status: {status}", status=400)
    if status is None and state.switches.conferences_without_status == "in-progress":
        return ConferenceStatus.IN_PROGRESS
    return status


def show_participants(
    state: State, conference_sid: str, query: Query
) -> tuple[ParticipantRecord, ...]:
    """Participants as the listing shows them now, newest first."""
    roll = (state.participants[sid] for sid in state.rolls.get(conference_sid, ()))
    newest_first = sorted(roll, key=lambda timeline: -timeline.first.serial)
    seen = (_seen(state, timeline.first.call_sid) for timeline in newest_first)
    return tuple(
        participant
        for participant in seen
        if participant is not None
        and participant.conference_sid == conference_sid
        and all(
            str(getattr(participant, field)).lower() == query[name].lower()
            for name, field in _FLAGS.items()
            if name in query
        )
    )


def show_calls(state: State, query: Query) -> tuple[CallRecord, ...]:
    """Calls that pass the filters, newest first, as the listing knows them."""
    _check_word(query, "Status", CallStatus)
    moment = state.now - state.switches.calls_list_lag
    known = (timeline.at(moment) for timeline in reversed(state.calls.values()))
    return tuple(call for call in known if call and _call_passes(state, call, query))


def show_call(state: State, sid: str) -> CallRecord | None:
    """A call as its own record has it; the record itself is there at once."""
    timeline = state.calls.get(sid)
    missing = state.switches.new_call_missing_seconds
    if timeline is None or state.now - timeline.first.created_at < missing:
        return None
    return timeline.at(state.now - state.switches.call_lag) or timeline.first


def started_at(state: State, call: CallRecord) -> float | None:
    """The start time that a call shows; None while it waits in the queue."""
    if call.dialed_at is None or state.switches.queued_call_dated == "dialing":
        return call.dialed_at
    return call.created_at


def conference_visible(state: State, conference: ConferenceRecord) -> bool:
    """Whether a conference can be found yet."""
    return conference.opened or state.switches.conference_visible_before_connect


def _seen(state: State, call_sid: str) -> ParticipantRecord | None:
    timeline = state.participants[call_sid]
    moment = state.now - state.switches.list_lag
    then, now = timeline.at(moment), timeline.latest
    if then is None or then.adrift:
        return None
    if then.left_at is not None:
        return _seen_after_leaving(state, then, moment)
    if then.on_the_way and not state.switches.list_shows_ringing:
        return None
    if now.gone or now.adrift:
        return then
    participant = (
        timeline.at(state.now - state.switches.list_change_lag) or timeline.first
    )
    if participant.status is then.status:
        return participant
    return replace(participant, status=then.status)


def _seen_after_leaving(
    state: State, gone: ParticipantRecord, moment: float
) -> ParticipantRecord | None:
    live = state.conferences[gone.conference_sid].live
    if live and gone.listed_until is not None and state.now < gone.listed_until:
        return replace(gone, status=ParticipantStatus.CONNECTED)
    stays = moment - (gone.left_at or 0) < state.switches.ended_listed_seconds
    return gone if stays else None


def _call_passes(state: State, call: CallRecord, query: Query) -> bool:
    return (
        query.get("To", call.to) == call.to
        and query.get("From", call.sender) == call.sender
        and query.get("Status", call.status) == call.status
        and not query.get("ParentCallSid")
        and _started_on_days(state, call, query)
        and _on_days(query, "EndTime", call.ended_at, with_time=True)
    )


def _started_on_days(state: State, call: CallRecord, query: Query) -> bool:
    moment = started_at(state, call)
    if moment is None and state.switches.queued_call_matches_start_time:
        moment = call.created_at
    return _on_days(query, "StartTime", moment, with_time=True)


_COMPARE: Mapping[str, Callable[[date, date], bool]] = {
    "": lambda moment, limit: moment == limit,
    "<": lambda moment, limit: moment <= limit,
    ">": lambda moment, limit: moment >= limit,
}


def _on_days(
    query: Query, name: str, moment: float | None, *, with_time: bool = False
) -> bool:
    for sign, compare in _COMPARE.items():
        if not (written := query.get(name + sign)):
            continue
        limit = read_day(written, with_time=with_time)
        if moment is None or not compare(day(moment), limit):
            return False
    return True


def _check_word(query: Query, name: str, words: Iterable[str]) -> None:
    value = query.get(name)
    if value is not None and value not in set(words):
        raise ApiError(BAD_PARAMETER, f"Invalid {name}: {value}")


def reads_as_name(path_part: str) -> bool:
    """Whether a part of a path is no conference SID and so would be a name."""
    return re.fullmatch(r"CF[0-9a-fA-F]{32}", path_part) is None
