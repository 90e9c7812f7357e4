"""Participant and conference that a request concerns."""

from reconciler.simulator.exchange.fault import FaultTarget
from reconciler.simulator.exchange.people import bare_address
from reconciler.simulator.exchange.state import State
from reconciler.simulator.http.request import ApiRequest

_RESOURCE = 3
"""Place of the first resource in a path, after version, ``Accounts`` and the SID."""


def find_target(state: State, request: ApiRequest, query: str) -> FaultTarget:
    """The request as faults are matched with it."""
    names = request.parts[_RESOURCE::2]
    ids = request.parts[_RESOURCE + 1 :: 2]
    room = _room(state, ids[0]) if names[:1] == ("Conferences",) and ids else ""
    who: tuple[str, ...] = ()
    if names == ("Calls",) and ids:
        room, who = _room_of_call(state, ids[0]), _leg(state, ids[0])
    elif names == ("Conferences", "Participants"):
        who = _leg_in(state, room, ids[1]) if len(ids) > 1 else _asked(request)
    return FaultTarget(request.method, request.path, query, room, who)


def _room(state: State, key: str) -> str:
    conference = state.conferences.get(key)
    return conference.name if conference else key


def _room_of_call(state: State, sid: str) -> str:
    timeline = state.participants.get(sid)
    return _room(state, timeline.latest.conference_sid) if timeline else ""


def _asked(request: ApiRequest) -> tuple[str, ...]:
    """Label and address of whom a create rings."""
    given = [*request.form.get("Label", ()), *request.form.get("To", ())]
    return tuple(dict.fromkeys([*given, *map(bare_address, given)]))


def _leg_in(state: State, room: str, key: str) -> tuple[str, ...]:
    """The newest leg of a room that a call SID or a label names."""
    for timeline in reversed(state.participants.values()):
        leg = timeline.latest
        named = key in {leg.call_sid, leg.label}
        if named and state.conferences[leg.conference_sid].name == room:
            return _leg(state, leg.call_sid)
    return (key,)


def _leg(state: State, call_sid: str) -> tuple[str, ...]:
    if call_sid not in state.calls:
        return (call_sid,)
    party = state.call(call_sid).party
    timeline = state.participants.get(call_sid)
    label = timeline.latest.label if timeline else None
    words = (call_sid, label or call_sid, party, bare_address(party))
    return tuple(dict.fromkeys(words))
