"""The pages that are read: rooms, a room, account, files."""

import re
from itertools import islice
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from reconciler.model.action import Ring
from reconciler.page.audience_graph import audience_of
from reconciler.page.page_state import page_of
from reconciler.page.past_room import read_past_room
from reconciler.page.recorded_room import NO_ROOM, recorded_entry
from reconciler.page.rendering import render, room_url
from reconciler.page.room_list import STATES, RoomQuery
from reconciler.page.room_segment import room_of
from reconciler.page.room_timeline import recorded_timeline, span_until
from reconciler.page.room_view import room_view
from reconciler.page.sign_in import visitor
from reconciler.planning.agenda import AgendaEntry, agenda
from reconciler.planning.describe import queued
from reconciler.store.queries.effective_rosters import Declared

HOUR_SECONDS, DAY_SECONDS = 3600.0, 86400.0
AGENDA_SECONDS = 7 * DAY_SECONDS
MOST_AGENDA = 12


async def rooms(request: Request) -> Response:
    """All rooms, or those that are searched for."""
    state = page_of(request)
    store = state.context("").store
    observed = state.latest.rooms
    listed = await store.listed_rooms(observed, state.clock())
    state.latest.forget(observed - {summary.room for summary in listed.summaries})
    query = request.query_params.get("q", "")
    wanted = request.query_params.get("state", "")
    chosen = wanted if wanted in STATES else ""
    numbers = visitor(request).identity.sees_numbers
    listing = state.rows.listing(
        listed.summaries, state.latest, listed.checks, RoomQuery(query, chosen, numbers)
    )
    return render(
        request,
        _template(request, "rooms"),
        listing=listing,
        states=STATES,
        refused=len(listed.refusals),
    )


async def room(request: Request) -> Response:
    state, visit = page_of(request), visitor(request)
    store, now = state.context("").store, state.clock()
    name = room_of(request.path_params["room"])
    moment = moment_of(request.query_params.get("at", ""))
    if moment is not None and moment < now:
        return await _past(request, name, moment)
    record = await store.room_record(name, now, span_until(now))
    if record is None:
        return _no_room(request, name)
    declared = record.declared
    entry = state.latest.entry(name) or await recorded_entry(state.context(name), name)
    view = room_view(
        name,
        record.desired,
        declared.overrides if declared else (),
        entry,
        numbers=visit.identity.sees_numbers,
    )
    notice = None
    if visit.session is not None and not _fragment(request):
        notice, visit.session.notice = visit.session.notice, None
    return render(
        request,
        _template(request, "room"),
        view=view,
        audience=audience_of(view.evaluation),
        timeline=recorded_timeline(record.timeline, now, now),
        agenda=list(_agenda(declared, now)),
        may=visit.identity.may,
        notice=notice,
    )


async def room_in_path(request: Request) -> Response:
    """The room whose name was written into the address with its slashes."""
    query, name = request.url.query, request.path_params["room"]
    address = room_url(name) if name else "/rooms"
    return RedirectResponse(f"{address}?{query}" if query else address, 308)


def _no_room(request: Request, name: str) -> Response:
    """The page that becomes the room's once it is loaded."""
    page_of(request).latest.forget([name])
    template = "error_body.html" if _fragment(request) else "no_room.html"
    return render(request, template, 404, room=name, text=NO_ROOM)


async def _past(request: Request, name: str, moment: float) -> Response:
    """The room as it was: nothing of it changes any more, so it is not live."""
    state = page_of(request)
    store = state.context("").store
    if await store.desired(name, moment) is None:
        return _no_room(request, name)
    past = await read_past_room(store, name, moment)
    record = await store.timeline(name, span_until(moment))
    return render(
        request,
        "room_past.html",
        past=past,
        audience=past.audience,
        timeline=recorded_timeline(record, state.clock(), moment),
    )


def _agenda(declared: Declared | None, now: float) -> "islice[AgendaEntry]":
    if declared is None:
        return islice((), 0)
    entries = agenda(
        declared.declaration, declared.overrides, now, now + AGENDA_SECONDS
    )
    return islice(entries, 1, MOST_AGENDA + 1)


def moment_of(text: str) -> float | None:
    """Unix seconds as the scrubber and the timeline's links write them."""
    return float(text) if _MOMENT.fullmatch(text) else None


_MOMENT: Final = re.compile(r"[0-9]{1,12}([.][0-9]{1,17})?", re.ASCII)


async def last_observation(request: Request) -> Response:
    """When a room was last observed, in Unix seconds, for a page that stays open."""
    state, name = page_of(request), request.query_params.get("room", "")
    entry = state.latest.entry(name)
    checks = {} if entry else await state.context("").store.checks([name])
    recorded = checks[name].checked_at if name in checks else None
    return JSONResponse({"seen_at": entry.seen_at if entry else recorded})


async def account(request: Request) -> Response:
    """The accounts: limits, pauses, credentials."""
    state = page_of(request)
    store, now, accounts = state.context("").store, state.clock(), state.accounts()
    looks = (room_entry.evaluation.plan.actions for room_entry in state.latest)
    calls = sum(isinstance(action, Ring) for actions in looks for action in actions)
    return render(
        request,
        _template(request, "account"),
        accounts=accounts,
        daemon=accounts[0],
        placed=(
            await store.calls_placed(now - HOUR_SECONDS),
            await store.calls_placed(now - DAY_SECONDS),
        ),
        queue=queued(calls, calls / sum(x.calls_per_second for x in accounts))
        if calls
        else "none",
        streams=state.latest.subscribers,
        tokens_problem=state.tokens.problem if state.tokens else "",
    )


async def files(request: Request) -> Response:
    """Roster files that are refused, with their errors."""
    store = page_of(request).context("").store
    refusals = await store.refusals()
    return render(request, _template(request, "files"), refusals=refusals)


def _fragment(request: Request) -> bool:
    return "fragment" in request.query_params


def _template(request: Request, name: str) -> str:
    return f"{name}_body.html" if _fragment(request) else f"{name}.html"
