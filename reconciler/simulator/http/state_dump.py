"""Complete state of the exchange as data."""

from collections import Counter

from msgspec import to_builtins

from reconciler.simulator.exchange.audibility import audible_intervals, hearings
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.records import ConferenceRecord


def view_state(exchange: Exchange) -> dict[str, object]:
    """Everything that is so now, and the logs; events have an address of their own."""
    exchange.catch_up()
    state, history = exchange.state, exchange.history
    return {
        "now": state.now,
        "next_at": exchange.next_at,
        "account_sid": state.account.sid,
        "calls_per_second": state.calls_per_second,
        "conferences": [_conference(exchange, c) for c in state.conferences.values()],
        "calls": [to_builtins(timeline.latest) for timeline in state.calls.values()],
        "rings": [to_builtins(phone_ring) for phone_ring in history.rings],
        "exposures": [to_builtins(exposure) for exposure in history.exposures],
        "writes": [to_builtins(write) for write in history.writes],
        "reads": dict(Counter(read.path for read in history.reads)),
        "events": len(history.events),
        "faults": [to_builtins(fault) for fault in exchange.faults.queued],
        "people": {
            address: to_builtins(person)
            for address, person in state.people.described.items()
        },
        "switches": to_builtins(state.switches),
    }


def view_audible(exchange: Exchange) -> dict[str, object]:
    """Who was heard, by whom, from when to when, since the log was forgotten."""
    exchange.catch_up()
    state = exchange.state
    intervals = audible_intervals(exchange.history.exposures, state.now)
    return {
        "now": state.now,
        "audible": [
            {**to_builtins(audible_interval), "seconds": audible_interval.seconds}
            for audible_interval in intervals
        ],
        "heard_by": [
            to_builtins(hearing)
            for hearing in hearings(intervals, state.participants, state.now)
        ],
    }


def _conference(exchange: Exchange, conference: ConferenceRecord) -> dict[str, object]:
    everybody = map(
        exchange.state.participant, exchange.state.rolls.get(conference.sid, ())
    )
    return {
        **to_builtins(conference),
        "participants": [
            {
                **to_builtins(participant),
                "audience": _audience(exchange, participant.call_sid),
            }
            for participant in everybody
        ],
    }


def _audience(exchange: Exchange, call_sid: str) -> str:
    heard = exchange.state.heard.get(call_sid)
    return heard[0] if heard else "nobody"
