"""Questions about how far listings and records lag behind what happens."""

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.probe.answer_values import AnswerValue, lag, only
from reconciler.probe.interview import BOUND_SECONDS, Interview
from reconciler.probe.leg import Leg
from reconciler.probe.party import Party
from reconciler.probe.question import Answers, Question

_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_GONE = frozenset({"complete", "failed"})
_NOT_LISTED = "somebody who left was not listed any longer"


class FirstObserved(Struct):
    """When something was first seen, by name."""

    at: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str, seen: bool, now: float) -> None:
        """Note the first time."""
        if seen:
            self.at.setdefault(name, now)

    def lag(self, name: str, since: float | None) -> float | None:
        """Seconds from *since* until it was seen; None if it never was."""
        seen = self.at.get(name)
        return None if seen is None or since is None else lag(since, seen)


async def _ask_lags(ask: Interview) -> Answers:
    (present,) = await ask.connect(ask.room(), "probe-a")
    leg = await ask.call(Party.ANSWERING, present.conference_sid, "probe-b")
    came = await _watch_arrival(ask, leg)
    await ask.connected(leg)
    changed = await _change_lag(ask, leg)
    left = await _watch_departure(ask, leg)
    joined = came.lag("listed", came.at.get("fetched"))
    return only(
        new_call_missing_seconds=came.lag("call", leg.at),
        calls_list_lag=came.lag("call listed", leg.at),
        list_lag=joined,
        list_change_lag=changed,
        **_leaving(ask, left, joined),
        kick_reason=await _kick_reason(ask, leg),
    )


async def _watch_arrival(ask: Interview, leg: Leg) -> FirstObserved:
    first_seen = FirstObserved()

    async def all_seen() -> bool:
        now = ask.now
        calls = await ask.line.read(("Calls",), (("To", leg.to), ("From", ask.sender)))
        sids = {x.get("sid") for x in calls.items("calls")}
        fetched = await ask.line.get(*leg.participant)
        first_seen.mark("call", (await ask.line.get(*leg.call)).ok, now)
        first_seen.mark("call listed", leg.call_sid in sids, now)
        first_seen.mark("fetched", fetched.ok, now)
        first_seen.mark("listed", await ask.listed(leg) is not None, now)
        return len(first_seen.at) == len(("call", "call listed", "fetched", "listed"))

    await ask.until(all_seen, within_seconds=2 * BOUND_SECONDS)
    return first_seen


async def _change_lag(ask: Interview, leg: Leg) -> float | None:
    muted = await ask.line.post(*leg.participant, form=(("Muted", "true"),))
    if not muted.ok:
        ask.note("list_change_lag", f"a mute was refused with code {muted.code}")
        return None

    async def shown() -> bool:
        row = await ask.listed(leg)
        return row is not None and row.get("muted") is True

    at = await ask.until(shown)
    return None if at is None else lag(muted.at, at)


class Departure(Struct):
    """What was seen after a removal ``at`` a moment."""

    at: float
    seen: FirstObserved
    change: str | None = None


async def _watch_departure(ask: Interview, leg: Leg) -> Departure:
    removed = await ask.line.delete(*leg.participant)
    left = Departure(removed.at, FirstObserved())

    async def all_seen() -> bool:
        now = ask.now
        row = await ask.listed(leg)
        if row is not None and left.change is None:
            left.change = await _change_of_gone(ask, leg)
        _mark_leaving(left.seen, row, now)
        left.seen.mark("call over", await ask.call_state(leg) in _OVER, now)
        return {"absent", "call over"} <= left.seen.at.keys()

    await ask.until(all_seen, within_seconds=2 * BOUND_SECONDS)
    return left


def _mark_leaving(
    seen: FirstObserved, row: Mapping[str, object] | None, now: float
) -> None:
    seen.mark("absent", row is None, now)
    seen.mark("left", row is None or row.get("status") in _GONE, now)
    seen.mark("no status", row is not None and row.get("status") is None, now)


async def _change_of_gone(ask: Interview, leg: Leg) -> str:
    """The answer to a change of somebody who left and is listed."""
    reply = await ask.line.post(*leg.participant, form=(("Muted", "false"),))
    if reply.code in {0, 20404}:
        return str(reply.status)
    return f"404+{reply.code}" if reply.missing else str(reply.code)


def _leaving(
    ask: Interview, left: Departure, joined: float | None
) -> dict[str, AnswerValue | None]:
    absent = left.seen.lag("absent", left.at)
    shown = joined if "no status" in left.seen.at else left.seen.lag("left", left.at)
    stays = None if absent is None or shown is None else max(0.0, absent - shown)
    if left.change is None:
        ask.note("change_of_gone", _NOT_LISTED)
    return {
        "call_lag": left.seen.lag("call over", left.at),
        "ended_listed_seconds": stays,
        "change_of_gone": left.change,
    }


async def _kick_reason(ask: Interview, leg: Leg) -> str | None:
    def left(form: Mapping[str, str]) -> bool:
        leave = form.get("StatusCallbackEvent") == "participant-leave"
        return leave and form.get("CallSid") == leg.call_sid

    event = await ask.event(leg.conference_sid, left)
    return event.get("ReasonParticipantLeft") if event else None


LAGS = Question(
    name="lags",
    about="How long do listings and records lag behind joins, changes and leaves?",
    answers=(
        "list_lag",
        "list_change_lag",
        "ended_listed_seconds",
        "change_of_gone",
        "new_call_missing_seconds",
        "call_lag",
        "calls_list_lag",
    ),
    by_events=("kick_reason",),
    steps=(
        "two calls that are answered",
        "mute the second, then remove it, and look until all listings show it",
    ),
    ask=_ask_lags,
    answering=2,
    seconds=8.0,
)
