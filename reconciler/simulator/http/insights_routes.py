"""Voice Insights: summaries of conferences and participants, on the API's own address.

GET /v1/Conferences?FriendlyName&CreatedAfter&CreatedBefore&PageSize
GET /v1/Conferences/{sid}/Participants?Label&PageSize
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from reconciler.simulator.exchange.api_error import (
    BAD_PARAMETER,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    ApiError,
)
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.records import ConferenceRecord, ParticipantRecord
from reconciler.simulator.http.json_body import Body
from reconciler.simulator.http.paging import read_number
from reconciler.simulator.http.request import ApiAnswer, ApiRequest

PREFIX = "/v1/Conferences"
_FORBIDDEN = 20003
_DEFAULT_PAGE = 50


def insights(exchange: Exchange, request: ApiRequest) -> ApiAnswer:
    """The answer to a question below ``PREFIX``."""
    if request.method != "GET":
        raise ApiError(METHOD_NOT_ALLOWED)
    if exchange.second_sources.insights_seconds is None:
        raise ApiError(
            _FORBIDDEN, "Voice Insights Advanced Features are not active", status=403
        )
    exchange.catch_up()
    match request.parts[2:]:
        case ():
            rows = [_conference(exchange, x) for x in _conferences(exchange, request)]
            return _page("conferences", rows, request)
        case (sid, "Participants") if sid in exchange.state.conferences:
            found = _participants(exchange, sid, request)
            return _page("participants", list(found), request)
    raise ApiError(NOT_FOUND)


def _page(key: str, rows: Sequence[Body], request: ApiRequest) -> ApiAnswer:
    size = read_number(request, "PageSize", _DEFAULT_PAGE)
    number = read_number(request, "Page", 0)
    url = f"{request.origin}{request.path}"
    shown = rows[number * size :][:size]
    more = (number + 1) * size < len(rows)
    meta = {
        "page": number,
        "page_size": size,
        "key": key,
        "url": url,
        "first_page_url": url,
        "previous_page_url": None,
        "next_page_url": f"{url}?Page={number + 1}&PageSize={size}" if more else None,
    }
    return ApiAnswer(200, {"meta": meta, key: shown})


def _conferences(exchange: Exchange, request: ApiRequest) -> list[ConferenceRecord]:
    filters = request.filters
    name = filters.get("FriendlyName")
    after = _bound(filters.get("CreatedAfter"), float("-inf"))
    before = _bound(filters.get("CreatedBefore"), float("inf"))
    found = (
        x
        for x in exchange.state.conferences.values()
        if name in {None, x.name} and after <= x.created_at <= before
    )
    return sorted(found, key=lambda x: x.serial, reverse=True)


def _conference(exchange: Exchange, found: ConferenceRecord) -> Body:
    ended = None if found.live else found.updated_at
    complete = ended is not None and _complete(exchange, ended)
    return {
        "conference_sid": found.sid,
        "account_sid": exchange.account.sid,
        "friendly_name": found.name,
        "create_time": _moment(found.created_at),
        "start_time": _moment(found.created_at) if found.opened else None,
        "end_time": _moment(ended),
        "status": str(found.status).replace("-", "_"),
        "processing_state": "complete" if complete else "in_progress",
    }


def _participants(exchange: Exchange, sid: str, request: ApiRequest) -> Iterator[Body]:
    wanted = request.filters.get("Label")
    for call_sid in exchange.state.rolls.get(sid, ()):
        leg = exchange.state.participant(call_sid)
        if leg.left_at is not None and wanted in {None, leg.label}:
            yield participant_summary(exchange, leg)


def participant_summary(exchange: Exchange, leg: ParticipantRecord) -> Body:
    """Twilio: conference participant summary resource."""
    call = exchange.state.call(leg.call_sid)
    answered = call.answered_at
    left = leg.left_at if leg.left_at is not None else exchange.state.now
    talked = 0 if answered is None else max(0, int(left - answered))
    return {
        "participant_sid": leg.sid,
        "label": leg.label,
        "conference_sid": leg.conference_sid,
        "call_sid": leg.call_sid,
        "account_sid": exchange.account.sid,
        "call_direction": "inbound" if call.direction == "inbound" else "outbound",
        "from": call.sender,
        "to": call.to,
        "call_status": str(call.status).replace("-", ""),
        "country_code": "US",
        "join_time": _moment(answered),
        "leave_time": _moment(leg.left_at),
        "duration_seconds": talked,
        "is_coach": leg.coaching,
        "coached_participants": [leg.call_sid_to_coach] if leg.coaching else None,
        "processing_state": "complete" if _complete(exchange, left) else "in_progress",
        "properties": {
            "start_conference_on_enter": leg.start_conference_on_enter,
            "end_conference_on_exit": leg.end_conference_on_exit,
            "enter_muted": bool(leg.sent.get("muted")),
        },
        "events": None,
        "metrics": None,
    }


def _complete(exchange: Exchange, at: float) -> bool:
    seconds = exchange.second_sources.insights_seconds
    return seconds is not None and exchange.state.now >= at + seconds


def _moment(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _bound(written: str | None, otherwise: float) -> float:
    try:
        return otherwise if not written else datetime.fromisoformat(written).timestamp()
    except ValueError:
        raise ApiError(BAD_PARAMETER, f"Invalid time: {written}") from None
