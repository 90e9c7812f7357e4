"""Questions about somebody whose phone rings."""

from reconciler.probe.answer_values import AnswerValue, only, rounded
from reconciler.probe.api_line import ProbeReply
from reconciler.probe.interview import Interview
from reconciler.probe.leg import Leg
from reconciler.probe.party import Party
from reconciler.probe.question import Answers, Question

_FINE_SECONDS = 1 / 16
_TENTH = 0.1
_STAYS_SECONDS = 3.0
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
NOT_FOUND = 20404
LABEL_IN_USE = 16026


async def _ask_ringing(ask: Interview) -> Answers:
    (present,) = await ask.connect(ask.room(), "probe-a")
    alone = (await ask.line.get(*present.conference)).state
    leg = await ask.call(Party.RINGING, present.conference_sid, "probe-r")
    connecting = await _connecting_seconds(ask, leg)
    await _rings(ask, leg)
    begun = await _counts_towards_start(ask, leg, alone)
    listed = await ask.until(lambda: _listed(ask, leg)) is not None
    update = await ask.line.post(*leg.participant, form=(("Muted", "true"),))
    clash, reply = await ask.try_call(Party.ANSWERING, leg.conference_sid, "probe-r")
    held = None if not clash and reply.code != LABEL_IN_USE else clash is None
    return only(
        connecting_seconds=connecting,
        early_media_counts=begun,
        list_shows_ringing=listed,
        update_ringing=_refusal_of(update, "accept"),
        label_held_while_ringing=held,
    )


async def _rings(ask: Interview, leg: Leg) -> None:
    async def check() -> bool:
        return await ask.call_state(leg) == "ringing"

    await ask.until(check, within_seconds=45.0)


async def _connecting_seconds(ask: Interview, leg: Leg) -> float | None:
    """From the state connecting to the state ringing, by what is seen first."""
    began: list[float] = []

    async def check() -> bool:
        shown = (await ask.line.get(*leg.participant)).state
        if shown in {"connecting", "ringing"} and not began:
            began.append(ask.now)
        return shown == "ringing"

    rang = await ask.until(check, within_seconds=15.0, step_seconds=_FINE_SECONDS)
    if rang is None or not began:
        ask.note("connecting_seconds", "a leg that is not connected shows no status")
        return None
    return rounded(rang - began[0] - _FINE_SECONDS / 2, _TENTH)


async def _counts_towards_start(
    ask: Interview, leg: Leg, alone: str | None
) -> bool | None:
    if alone != "init":
        ask.note("early_media_counts", f"a conference of one is {alone} already")
        return None
    return (await ask.line.get(*leg.conference)).state == "in-progress"


async def _listed(ask: Interview, leg: Leg) -> bool:
    return await ask.listed(leg) is not None


def _refusal_of(reply: ProbeReply, accepted: str) -> str:
    if reply.ok:
        return accepted
    return "404" if reply.code == NOT_FOUND else str(reply.code or reply.status)


async def _ask_kick(ask: Interview) -> Answers:
    (present,) = await ask.connect(ask.room(), "probe-a")
    leg = await ask.ring(present.conference_sid, "probe-r")
    kicked = await ask.line.delete(*leg.participant)
    if not kicked.ok:
        ask.note("kick_call_status", "somebody whose phone rings cannot be removed")
        await ask.line.post(*leg.call, form=(("Status", "completed"),))
    ended = await _end_state(ask, leg)
    never_joined = await _leave_event(ask, leg)
    return only(
        delete_ringing=_refusal_of(kicked, "works"),
        kick_call_status=ended if kicked.ok else None,
        leave_event_when_never_joined=never_joined,
    )


async def _end_state(ask: Interview, leg: Leg) -> str | None:
    async def check() -> bool:
        return await ask.call_state(leg) in _OVER

    await ask.until(check)
    state = await ask.call_state(leg)
    return state if state in _OVER else None


async def _leave_event(ask: Interview, leg: Leg) -> bool | None:
    if ask.events is None:
        return None

    def check(form: object) -> bool:
        return isinstance(form, dict) and (
            form.get("StatusCallbackEvent") == "participant-leave"
            and form.get("CallSid") == leg.call_sid
        )

    return await ask.event(leg.conference_sid, check) is not None


async def _ask_last_leaves(ask: Interview) -> Answers:
    (present,) = await ask.connect(ask.room(), "probe-a")
    leg = await ask.ring(present.conference_sid, "probe-r")
    await ask.line.delete(*present.participant)

    async def ended() -> bool:
        return await over(ask, leg)

    keeps = await ask.until(ended, within_seconds=_STAYS_SECONDS) is None
    return {"ringing_keeps_room": keeps}


async def over(ask: Interview, leg: Leg) -> bool:
    """Whether a leg's conference is over, or cannot be found any longer."""
    reply = await ask.line.get(*leg.conference)
    return not reply.ok or reply.state == "completed"


async def _ask_room_ends(ask: Interview) -> Answers:
    (present,) = await ask.connect(ask.room(), "probe-a", EndConferenceOnExit="true")
    leg = await ask.ring(present.conference_sid, "probe-r")
    completed = await ask.line.post(*leg.conference, form=(("Status", "completed"),))
    if not completed.ok:
        await ask.line.delete(*present.participant)

    async def ended() -> bool:
        return await over(ask, leg)

    await ask.until(ended)

    async def ended_too() -> bool:
        return await ask.call_state(leg) in _OVER

    goes = await ask.until(ended_too, within_seconds=10.0) is not None
    code: AnswerValue | None = None if completed.ok else float(completed.code)
    return only(
        complete_while_dialing="works" if completed.ok else "refused",
        complete_refused_code=code,
        ringing_when_room_ends="canceled" if goes else "new_room",
    )


async def _ask_unanswered(ask: Interview) -> Answers:
    leg = await ask.ring(ask.room(), "probe-r")
    shown = await ask.line.get(*leg.conference)
    return {"conference_visible_before_connect": shown.ok}


RINGING = Question(
    name="ringing",
    about="What is seen of somebody whose phone rings, and what can be changed?",
    answers=(
        "list_shows_ringing",
        "label_held_while_ringing",
        "connecting_seconds",
        "update_ringing",
        "early_media_counts",
    ),
    steps=(
        "one call that is answered, one that rings",
        "list, look at and mute the one that rings",
        "a further create with the label of the one that rings: it must be refused",
    ),
    ask=_ask_ringing,
    answering=2,
    ringing=1,
    seconds=8.0,
)
KICK = Question(
    name="kick",
    about="Can somebody whose phone rings be removed, and how does the call end?",
    answers=("delete_ringing", "kick_call_status"),
    by_events=("leave_event_when_never_joined",),
    steps=("one call that is answered, one that rings", "remove the one that rings"),
    ask=_ask_kick,
    answering=1,
    ringing=1,
)
LAST_LEAVES = Question(
    name="last-leaves",
    about="Does a conference end with its last participant while a phone rings?",
    answers=("ringing_keeps_room",),
    steps=("one call that is answered, one that rings", "remove the one answered"),
    ask=_ask_last_leaves,
    answering=1,
    ringing=1,
    seconds=8.0,
)
ROOM_ENDS = Question(
    name="room-ends",
    about="Can a conference be ended while a phone rings, and what does the phone do?",
    answers=(
        "complete_while_dialing",
        "complete_refused_code",
        "ringing_when_room_ends",
    ),
    steps=("one call that is answered, one that rings", "end the conference"),
    ask=_ask_room_ends,
    answering=1,
    ringing=1,
)
UNANSWERED = Question(
    name="unanswered",
    about="Can a conference be found that nobody has joined yet?",
    answers=("conference_visible_before_connect",),
    steps=("one call that rings", "look at its conference"),
    ask=_ask_unanswered,
    ringing=1,
)
