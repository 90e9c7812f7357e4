"""Twilio's API as a table: which path and method is which operation."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from reconciler.model.parameter import TABLE
from reconciler.simulator.exchange.api_error import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    ApiError,
)
from reconciler.simulator.exchange.checked_form import Fields
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.listing import reads_as_name
from reconciler.simulator.http.insights_routes import PREFIX as INSIGHTS
from reconciler.simulator.http.insights_routes import insights
from reconciler.simulator.http.json_body import (
    Body,
    OwnedNumber,
    account_path,
    call_body,
    conference_body,
    listed_participant_body,
    number_body,
    participant_body,
)
from reconciler.simulator.http.paging import Listing, make_page
from reconciler.simulator.http.request import ApiAnswer, ApiRequest, parts_of

_Operation = Callable[[Exchange, ApiRequest, tuple[str, ...]], ApiAnswer]
_TOO_MANY_DETAIL = "Too many requests for the associated account being sent."
_16XXX = range(16000, 17000)
_CREATE = frozenset(each.wire for each in TABLE if each.create)
_UPDATE = frozenset(each.wire for each in TABLE if each.update)


def perform(exchange: Exchange, request: ApiRequest) -> ApiAnswer:
    """Do what a request asks for, or say in Twilio's words why not."""
    try:
        if request.path.startswith(INSIGHTS):
            return insights(exchange, request)
        operation, ids = _find(exchange, request)
        return operation(exchange, request, ids)
    except ApiError as refused:
        status = refused.status
        if refused.code in _16XXX and not refused.fixed:
            status = int(exchange.switches.error_status_16xxx)
        message = str(refused).replace("{path}", request.path)
        return error(status, refused.code, message)


def error(status: int, code: int, message: str, **more: str) -> ApiAnswer:
    """An error of Twilio's shape."""
    body = {
        "code": code,
        **more,
        "message": message,
        **({"detail": _TOO_MANY_DETAIL} if code == TOO_MANY_REQUESTS else {}),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return ApiAnswer(status, body)


def _find(
    exchange: Exchange, request: ApiRequest
) -> tuple[_Operation, tuple[str, ...]]:
    shape, ids = _resource(account_path(exchange.state), request.path)
    operations = _OPERATIONS.get((shape, len(ids)))
    if operations is None or not all(ids):
        raise ApiError(NOT_FOUND)
    if request.method not in operations:
        raise ApiError(METHOD_NOT_ALLOWED)
    return operations[request.method], ids


@lru_cache(1024)
def _resource(root_path: str, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and the ids in turn of what is below *root_path*."""
    root, parts = parts_of(root_path), parts_of(path)
    if parts[: len(root)] != root or not path.endswith(".json"):
        raise ApiError(NOT_FOUND)
    return parts[len(root) :: 2], parts[len(root) + 1 :: 2]


def _list_conferences(
    exchange: Exchange, request: ApiRequest, _ids: tuple[str, ...]
) -> ApiAnswer:
    page = make_page(
        Listing(
            "conferences",
            exchange.list_conferences(request.filters),
            lambda conference: conference_body(exchange.state, conference),
            {
                conference.sid: conference.serial
                for conference in exchange.state.conferences.values()
            },
        ),
        request,
        absolute=exchange.switches.next_page_absolute,
    )
    return ApiAnswer(200, page)


def _fetch_conference(
    exchange: Exchange, _request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    return ApiAnswer(
        200, conference_body(exchange.state, exchange.fetch_conference(ids[0]))
    )


def _update_conference(
    exchange: Exchange, request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    form = request.form
    body = conference_body(exchange.state, exchange.update_conference(ids[0], form))
    known = frozenset({"Status", "AnnounceUrl", "AnnounceMethod"})
    return ApiAnswer(200, body, _strange(form, known))


def _list_participants(
    exchange: Exchange, request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    participants = exchange.list_participants(ids[0], request.filters)
    page = make_page(
        Listing(
            "participants",
            participants,
            lambda participant: listed_participant_body(exchange.state, participant),
            {
                participant.sid: participant.serial
                for participant in map(
                    exchange.state.participant, exchange.state.rolls.get(ids[0], ())
                )
            },
        ),
        request,
        absolute=exchange.switches.next_page_absolute,
    )
    return ApiAnswer(200, page)


def _create_participant(
    exchange: Exchange, request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    form = request.form
    participant, queue_seconds = exchange.create_participant(ids[0], form)
    body = participant_body(exchange.state, participant, queue_seconds)
    return ApiAnswer(201, body, _strange(form, _CREATE))


def _fetch_participant(
    exchange: Exchange, _request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    participant = exchange.fetch_participant(*_with_sid(ids))
    return ApiAnswer(200, participant_body(exchange.state, participant))


def _update_participant(
    exchange: Exchange, request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    form = request.form
    participant = exchange.update_participant(*_with_sid(ids), form)
    body = participant_body(exchange.state, participant)
    return ApiAnswer(200, body, _strange(form, _UPDATE))


def _remove_participant(
    exchange: Exchange, _request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    exchange.remove_participant(*_with_sid(ids))
    return ApiAnswer(204, None)


def _list_calls(
    exchange: Exchange, request: ApiRequest, _ids: tuple[str, ...]
) -> ApiAnswer:
    page = make_page(
        Listing(
            "calls",
            exchange.list_calls(request.filters),
            lambda call: call_body(exchange.state, call),
            {
                sid: timeline.first.serial
                for sid, timeline in exchange.state.calls.items()
            },
        ),
        request,
        absolute=exchange.switches.next_page_absolute,
    )
    return ApiAnswer(200, page)


def _fetch_call(
    exchange: Exchange, _request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    return ApiAnswer(200, call_body(exchange.state, exchange.fetch_call(ids[0])))


def _update_call(
    exchange: Exchange, request: ApiRequest, ids: tuple[str, ...]
) -> ApiAnswer:
    form = request.form
    body: Body = call_body(exchange.state, exchange.update_call(ids[0], form))
    return ApiAnswer(200, body, _strange(form, frozenset({"Status", "Url", "Twiml"})))


def _list_numbers(
    exchange: Exchange, request: ApiRequest, _ids: tuple[str, ...]
) -> ApiAnswer:
    page = make_page(
        Listing(
            "incoming_phone_numbers",
            [OwnedNumber(each) for each in exchange.list_numbers(request.filters)],
            lambda owned_number: number_body(exchange.state, owned_number),
            {},
        ),
        request,
        absolute=exchange.switches.next_page_absolute,
    )
    return ApiAnswer(200, page)


def _list_caller_ids(
    exchange: Exchange, request: ApiRequest, _ids: tuple[str, ...]
) -> ApiAnswer:
    """Nobody verified a caller ID here."""
    none: tuple[OwnedNumber, ...] = ()
    page = make_page(
        Listing(
            "outgoing_caller_ids",
            none,
            lambda owned_number: number_body(exchange.state, owned_number),
            {},
        ),
        request,
        absolute=exchange.switches.next_page_absolute,
    )
    return ApiAnswer(200, page)


def _with_sid(ids: tuple[str, ...]) -> tuple[str, str]:
    conference, participant = ids
    if reads_as_name(conference):
        raise ApiError(NOT_FOUND)
    return conference, participant


def _strange(form: Fields, known: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(form.keys() - known))


_OPERATIONS: Mapping[tuple[tuple[str, ...], int], Mapping[str, _Operation]] = {
    (("Conferences",), 0): {"GET": _list_conferences},
    (("Conferences",), 1): {"GET": _fetch_conference, "POST": _update_conference},
    (("Conferences", "Participants"), 1): {
        "GET": _list_participants,
        "POST": _create_participant,
    },
    (("Conferences", "Participants"), 2): {
        "GET": _fetch_participant,
        "POST": _update_participant,
        "DELETE": _remove_participant,
    },
    (("Calls",), 0): {"GET": _list_calls},
    (("Calls",), 1): {"GET": _fetch_call, "POST": _update_call},
    (("IncomingPhoneNumbers",), 0): {"GET": _list_numbers},
    (("OutgoingCallerIds",), 0): {"GET": _list_caller_ids},
}
