"""Control API: state, events and faults.

JSON in and out, no credentials; only for those who reach it by loopback or by the
address it listens on (``local_only.py``). A wrong request answers 400, somebody who is
not there 404, both with ``{"error": "…"}``.

    GET    /simulator/state                                 everything, hidden fields too
    GET    /simulator/events?after=N                        events from number N on
    GET    /simulator/environment                           variables that lead here; no secrets of others
    GET    /simulator/audible                               who was heard by whom, from when to when
    POST   /simulator/hang-up   {"who", "ghost_seconds"?, "listed_seconds"?}
                                                            who: call SID, label or address
    POST   /simulator/dial-in   {"room", "from", "label"?, "withheld"?, "muted"?, …}
    POST   /simulator/dial-in   {"to", "from", "withheld"?}  to a number with a voice URL
    POST   /simulator/change    {"who", "muted"?, "hold"?, "coaching"?, …}  by somebody else
    POST   /simulator/end       {"room"}                    somebody else ends it
    POST   /simulator/people    {"address", "answers_after"?, "busy"?, …}   as in a people file
    GET    /simulator/switches                              every switch, its value and meaning
    POST   /simulator/switches  {name: value, …}
    POST   /simulator/faults    {"kind", "method"?, "path"?, "room"?, "who"?, "times"?, "skip"?,
                                 "every"?, "lasts"?, "after"?, "seconds"?, "code"?, "body"?,
                                 "retry_after"?}
    DELETE /simulator/faults                                none are left
    GET    /simulator/second-sources                        Event Streams and Voice Insights
    POST   /simulator/second-sources  {"event_sink", "insights_seconds"}
                                                            null switches one off
    POST   /simulator/advance   {"seconds"}                 virtual clock only
    POST   /simulator/reset                                 forgets reads, writes, rings, events
"""

from collections.abc import Callable, Mapping

from msgspec import to_builtins
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reconciler.model.duration import seconds
from reconciler.model.parameter import BY_NAME
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.behavior import describe_switches
from reconciler.simulator.exchange.checked_form import Fields
from reconciler.simulator.exchange.clock import VirtualClock
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.fault import read_fault
from reconciler.simulator.exchange.people import ALWAYS
from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.http.state_dump import view_audible, view_state
from reconciler.simulator.script import read_person, read_withheld

Given = Mapping[str, object]
Order = Callable[[Exchange, Given], object]


def control_routes(exchange: Exchange) -> list[Route]:
    """The routes below ``/simulator``."""
    looks = {
        "/environment": _environment,
        "/state": _state,
        "/events": _events,
        "/audible": _audible,
        "/switches": _switches,
        "/second-sources": _second_sources,
    }
    return [
        *(_route(exchange, path, "GET", look) for path, look in looks.items()),
        *(_route(exchange, path, "POST", order) for path, order in _ORDERS.items()),
        _route(exchange, "/faults", "DELETE", _clear_faults),
    ]


def _route(exchange: Exchange, path: str, method: str, order: Order) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            return JSONResponse(order(exchange, await _given(request)))
        except LookupError as error:
            return JSONResponse({"error": str(error.args[0])}, 404)
        except (ValueError, ApiError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(path, endpoint, methods=[method])


async def _given(request: Request) -> Given:
    if request.method == "GET":
        return dict(request.query_params)
    body = await request.body()
    given = await request.json() if body else {}
    if not isinstance(given, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - answered with 400
    return given


def _text(given: Given, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is needed, and is a text")
    return value


def _state(exchange: Exchange, _given: Given) -> object:
    return view_state(exchange)


def _events(exchange: Exchange, given: Given) -> object:
    exchange.catch_up()
    after = int(str(given.get("after", "0")))
    return {
        "events": [
            to_builtins(logged_event)
            for logged_event in exchange.history.events[after:]
        ]
    }


def _environment(exchange: Exchange, _given: Given) -> object:
    """Credentials that were given to the simulator are for whoever gave them."""
    account = exchange.account
    if account.secret:
        return {}
    return {"TWILIO_ACCOUNT_SID": account.sid, "TWILIO_AUTH_TOKEN": account.token}


def _audible(exchange: Exchange, _given: Given) -> object:
    return view_audible(exchange)


def _switches(exchange: Exchange, _given: Given) -> object:
    now = exchange.switches
    return {
        switch.name: {**to_builtins(switch), "value": getattr(now, switch.name)}
        for switch in describe_switches()
    }


def _flip(exchange: Exchange, given: Given) -> object:
    exchange.flip(**given)
    return to_builtins(exchange.switches)


def _second_sources(exchange: Exchange, _given: Given) -> object:
    return to_builtins(exchange.second_sources)


def _set_second_sources(exchange: Exchange, given: Given) -> object:
    known = to_builtins(exchange.second_sources)
    if strange := sorted(given.keys() - known.keys()):
        raise ValueError(f"there is no {', '.join(strange)}; there is {sorted(known)}")
    merged = {**known, **given}
    sink, after = merged["event_sink"], merged["insights_seconds"]
    if sink is not None and not isinstance(sink, str):
        raise ValueError("event_sink: expected a URL or null")
    waits = None if after is None else seconds(after)
    exchange.second_sources = SecondSources(sink, waits)
    return to_builtins(exchange.second_sources)


def _hang_up(exchange: Exchange, given: Given) -> object:
    ghost = seconds(given.get("ghost_seconds", 0))
    listed = given.get("listed_seconds", 0)
    call_sid = exchange.hang_up(
        _text(given, "who"),
        ghost_seconds=ghost,
        listed_seconds=ALWAYS if listed is True else seconds(listed),
    )
    return {"call_sid": call_sid}


def _dial_in(exchange: Exchange, given: Given) -> object:
    if given.get("to"):
        return _call_number(exchange, given)
    label = _text(given, "label") if given.get("label") else None
    flags = {name: value for name, value in given.items() if isinstance(value, bool)}
    room, sender = _text(given, "room"), _text(given, "from")
    withheld = read_withheld(given.get("withheld"))
    return to_builtins(
        exchange.dial_in(room, sender, label, withheld=withheld, **flags)
    )


def _call_number(exchange: Exchange, given: Given) -> object:
    to, sender = _text(given, "to"), _text(given, "from")
    withheld = read_withheld(given.get("withheld"))
    return to_builtins(exchange.call_number(to, sender, withheld=withheld))


def _change(exchange: Exchange, given: Given) -> object:
    wanted = {name: value for name, value in given.items() if name != "who"}
    return to_builtins(exchange.change(_text(given, "who"), _fields(wanted)))


def _fields(wanted: Given) -> Fields:
    strange = sorted(wanted.keys() - BY_NAME.keys())
    if strange:
        raise ValueError(f"there is no parameter {', '.join(strange)}")
    return {
        BY_NAME[name].wire: (str(v).lower() if isinstance(v, bool) else str(v),)
        for name, v in wanted.items()
    }


def _end(exchange: Exchange, given: Given) -> object:
    return to_builtins(exchange.end(_text(given, "room")))


def _people(exchange: Exchange, given: Given) -> object:
    address = _text(given, "address")
    described = {name: value for name, value in given.items() if name != "address"}
    person = read_person(described)
    exchange.describe(address, person)
    return to_builtins(person)


def _add_fault(exchange: Exchange, given: Given) -> object:
    exchange.faults.add(read_fault(given))
    return {"faults": [to_builtins(fault) for fault in exchange.faults.queued]}


def _clear_faults(exchange: Exchange, _given: Given) -> object:
    exchange.faults.clear()
    return {"faults": []}


def _advance(exchange: Exchange, given: Given) -> object:
    if not isinstance(exchange.clock, VirtualClock):
        raise ValueError("this exchange runs on real time")  # noqa: TRY004 - answered with 400
    exchange.clock.advance(seconds(given.get("seconds")))
    exchange.catch_up()
    return {"now": exchange.clock.now}


def _reset(exchange: Exchange, _given: Given) -> object:
    exchange.catch_up()
    exchange.history.clear()
    return {"now": exchange.state.now}


_ORDERS: Mapping[str, Order] = {
    "/switches": _flip,
    "/second-sources": _set_second_sources,
    "/hang-up": _hang_up,
    "/dial-in": _dial_in,
    "/change": _change,
    "/end": _end,
    "/people": _people,
    "/faults": _add_fault,
    "/advance": _advance,
    "/reset": _reset,
}
