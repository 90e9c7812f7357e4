"""Questions about conferences: how they start, are listed and end."""

from reconciler.probe.answer_values import AnswerValue, lag, only
from reconciler.probe.ask_lags import FirstObserved
from reconciler.probe.interview import BOUND_SECONDS, Interview
from reconciler.probe.leg import Leg
from reconciler.probe.party import Party
from reconciler.probe.question import Answers, Question
from reconciler.probe.sequence_number import sequence_number

_COMPLETED = (("Status", "completed"),)


async def _ask_conference(ask: Interview) -> Answers:
    room = ask.room()
    first = await ask.call(
        Party.ANSWERING,
        room,
        "probe-a",
        StartConferenceOnEnter="false",
        EarlyMedia="false",
    )
    listed = await _list_lag(ask, first, room)
    await ask.connected(first)
    waiting = await _waiting(ask, first, room)
    second = await ask.call(
        Party.ANSWERING, first.conference_sid, "probe-b", EarlyMedia="false"
    )
    if listed is None:
        listed = await _list_lag(ask, first, room, begun=True)
    await ask.connected(second)
    ended = await _end(ask, first, room)
    events = await _events(ask, first)
    return only(conferences_list_lag=listed, **waiting, **ended, **events)


async def _list_lag(
    ask: Interview, leg: Leg, room: str, *, begun: bool = False
) -> float | None:
    """How long the listing by name lags behind the conference's own record.

    None where it is not in progress, which it is not before it has *begun*.
    """
    first_seen = FirstObserved()

    async def both() -> bool:
        now = ask.now
        shown = await ask.line.get(*leg.conference)
        if shown.state == "init" and not begun:
            return True
        found = await _found(ask, leg, room, Status="in-progress")
        first_seen.mark("fetched", shown.state == "in-progress", now)
        first_seen.mark("listed", found, now)
        return len(first_seen.at) == len(("fetched", "listed"))

    await ask.until(both, within_seconds=2 * BOUND_SECONDS)
    return first_seen.lag("listed", first_seen.at.get("fetched"))


async def _found(ask: Interview, leg: Leg, room: str, **query: str) -> bool:
    reply = await ask.line.get("Conferences", FriendlyName=room, **query)
    return any(x.get("sid") == leg.conference_sid for x in reply.items("conferences"))


async def _waiting(
    ask: Interview, leg: Leg, room: str
) -> dict[str, AnswerValue | None]:
    """What is seen of somebody who waits alone for the conference to start."""
    alone = (await ask.line.get(*leg.conference)).state
    listing = await ask.line.get("Conferences", FriendlyName=room, Status="init")
    served = "served" if listing.ok else "refused"
    shown = await ask.line.get(*leg.participant)
    return {
        "status_init": "in-progress" if alone == "in-progress" else served,
        "muted_while_waiting": shown.body.get("muted") is True,
    }


async def _end(ask: Interview, leg: Leg, room: str) -> dict[str, AnswerValue | None]:
    asked = await ask.line.post(*leg.conference, form=_COMPLETED)
    first_seen = FirstObserved()
    again: list[int] = []

    async def found_again() -> bool:
        now = ask.now
        shown = await ask.line.get(*leg.conference)
        ending = shown.ok and shown.state != "completed"
        if ending and not again:
            again.append((await ask.line.post(*leg.conference, form=_COMPLETED)).code)
        first_seen.mark("over", not ending, now)
        first_seen.mark("found", shown.ok and not ending, now)
        return "found" in first_seen.at

    await ask.until(found_again, within_seconds=2 * BOUND_SECONDS)
    twice = await ask.line.post(*leg.conference, form=_COMPLETED)
    refused = next((float(code) for code in again if code), None)
    if refused is None:
        ask.note("complete_refused_code", "ending a conference was not refused")
    over = first_seen.at.get("over")
    return {
        "ending_seconds": None if over is None else lag(asked.at, over),
        "ended_conference_missing_seconds": first_seen.lag("found", over),
        "complete_refused_code": refused,
        "complete_twice": str(twice.status) if not twice.ok else None,
        "conferences_without_status": await _without_status(ask, leg, room),
    }


async def _without_status(ask: Interview, leg: Leg, room: str) -> str | None:
    async def listed() -> bool:
        return await _found(ask, leg, room, Status="completed")

    if await ask.until(listed) is None:
        ask.note("conferences_without_status", "no listing shows it as completed")
        return None
    return "all" if await _found(ask, leg, room) else "in-progress"


async def _events(ask: Interview, leg: Leg) -> dict[str, AnswerValue | None]:
    """What the conference's webhooks said, all of which have come with its end."""
    if ask.events is None:
        return {}
    sid = leg.conference_sid
    await ask.event(sid, lambda x: x.get("StatusCallbackEvent") == "conference-end")
    came = sorted(ask.events.of(sid), key=sequence_number)
    names = [x.get("StatusCallbackEvent", "") for x in came]
    started = "conference-start" in names
    joins = [place for place, name in enumerate(names) if name == "participant-join"]
    both = started and len(joins) > 1
    if not both:
        ask.note("join_before_start", "no conference-start came")
    return {
        "sequence_base": str(sequence_number(came[0])) if came else None,
        "start_event": started if came else None,
        "join_before_start": joins[1] < names.index("conference-start")
        if both
        else None,
    }


CONFERENCE = Question(
    name="conference",
    about="How does a conference start, when is it listed, and how does it end?",
    answers=(
        "status_init",
        "muted_while_waiting",
        "conferences_list_lag",
        "conferences_without_status",
        "ended_conference_missing_seconds",
        "ending_seconds",
        "complete_refused_code",
        "complete_twice",
    ),
    by_events=("sequence_base", "start_event", "join_before_start"),
    steps=(
        "two calls that are answered, the first of which waits for the second",
        "end the conference twice, and look until all listings show it",
    ),
    ask=_ask_conference,
    answering=2,
    seconds=8.0,
)
