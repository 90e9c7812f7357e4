"""Questions about creates in quick succession: the queue, and one name at once."""

from datetime import UTC, datetime, timedelta

from reconciler.probe.answer_values import only
from reconciler.probe.api_line import ProbeReply
from reconciler.probe.interview import ANSWER_SECONDS, Interview
from reconciler.probe.leg import Leg
from reconciler.probe.party import Party
from reconciler.probe.question import Answers, Question
from reconciler.twilio.api.decode import unix_time

_LATEST_SECONDS = 4
_LEAST_QUEUE_SECONDS = 1.5
_UNUSED = "calls are not queued for long enough: the account's rate is too high"


async def _ask_queue(ask: Interview) -> Answers:
    room = ask.room()
    first = await ask.call(Party.ANSWERING, room, "probe-0")
    race, legs = await _name_race(ask, room, first)
    last = await ask.call(Party.ANSWERING, first.conference_sid, "probe-last")
    matches = await _queued_matches(ask, last)
    dated = await _dated(ask, first, last)
    del legs
    return only(
        name_race_seconds=race,
        queued_call_matches_start_time=matches,
        queued_call_dated=dated,
    )


async def _name_race(
    ask: Interview, room: str, first: Leg
) -> tuple[float | None, list[Leg]]:
    """Seconds after which a create by the same name joins a conference that is there."""
    legs = [first]
    for second in range(_LATEST_SECONDS + 1):
        wait = first.at + second - ask.now
        if second and wait > 0:
            await ask.line.sleep(wait)
        leg = await ask.call(Party.ANSWERING, room, f"probe-{second + 1}")
        known = {each.conference_sid for each in legs}
        legs.append(leg)
        if leg.conference_sid in known:
            return float(second), legs
    ask.note("name_race_seconds", f"longer than {_LATEST_SECONDS} s")
    return None, legs


async def _queued_matches(ask: Interview, leg: Leg) -> bool | None:
    """Whether a filter by start time passes a call that waits in the queue."""
    if (leg.queue_seconds or 0.0) < _LEAST_QUEUE_SECONDS:
        ask.note("queued_call_matches_start_time", _UNUSED)
        return None
    yesterday = datetime.fromtimestamp(ask.now, UTC).date() - timedelta(days=1)
    ours = (("To", leg.to), ("From", ask.sender))
    found: list[bool] = []

    async def seen_queued() -> bool:
        plain = await ask.line.read(("Calls",), ours)
        if _state_of(plain, leg) != "queued":
            return False
        filters = (*ours, ("StartTime>", yesterday.isoformat()))
        started = await ask.line.read(("Calls",), filters)
        found.append(_state_of(started, leg) is not None)
        return True

    await ask.until(seen_queued)
    if not found:
        ask.note("queued_call_matches_start_time", "no listing showed it as queued")
    return found[0] if found else None


def _state_of(reply: ProbeReply, leg: Leg) -> object:
    calls = (x for x in reply.items("calls") if x.get("sid") == leg.call_sid)
    return next((x.get("status") for x in calls), None)


async def _dated(ask: Interview, first: Leg, last: Leg) -> str | None:
    waited = (last.queue_seconds or 0.0) - (first.queue_seconds or 0.0)
    if waited < _LEAST_QUEUE_SECONDS:
        ask.note("queued_call_dated", _UNUSED)
        return None

    async def dialed() -> bool:
        return await ask.call_state(last) not in {None, "queued"}

    await ask.until(dialed, within_seconds=ANSWER_SECONDS + (last.queue_seconds or 0.0))
    dates = [await _created_at(ask, leg) for leg in (first, last)]
    apart = None if None in dates else (dates[1] or 0.0) - (dates[0] or 0.0)
    if apart is None:
        return None
    posted = last.at - first.at
    return "create" if apart - posted < waited / 2 else "dialing"


async def _created_at(ask: Interview, leg: Leg) -> float | None:
    return unix_time((await ask.line.get(*leg.call)).body.get("date_created"))


QUEUE = Question(
    name="queue",
    about="What becomes of creates in quick succession by one unused name?",
    answers=(
        "name_race_seconds",
        "queued_call_matches_start_time",
        "queued_call_dated",
    ),
    steps=(
        "calls that are answered, by one name, until two are in one conference",
        "one more, which waits in the queue; look at it there and afterwards",
    ),
    ask=_ask_queue,
    answering=_LATEST_SECONDS + 3,
    seconds=6.0,
)
