"""Questions about changes: coaching, and the flag that ends a conference."""

from reconciler.probe.answer_values import only
from reconciler.probe.interview import Interview
from reconciler.probe.leg import Leg
from reconciler.probe.question import Answers, Question
from reconciler.twilio.api.form import Form

_STAYS_SECONDS = 3.0


async def _ask_coaching(ask: Interview) -> Answers:
    first, second, coach = await ask.connect(
        ask.room(), "probe-a", "probe-b", "probe-c"
    )
    began = await ask.line.post(*coach.participant, form=_coaching(first))
    if not began.ok:
        ask.note("retarget_in_one_post", f"coaching was refused: code {began.code}")
        return {}
    moved = await ask.line.post(*coach.participant, form=_coaching(second))
    shown = await ask.line.get(*coach.participant)
    works = moved.ok and shown.text("call_sid_to_coach") == second.call_sid
    await ask.line.delete(*(second if works else first).participant)

    async def stopped() -> bool:
        return (await ask.line.get(*coach.participant)).body.get("coaching") is False

    flag = await ask.until(stopped, within_seconds=_STAYS_SECONDS) is not None
    return {
        "retarget_in_one_post": "works" if works else "error",
        "coaching_flag_when_target_leaves": "false" if flag else "keeps",
    }


def _coaching(target: Leg) -> Form:
    return (("Coaching", "true"), ("CallSidToCoach", target.call_sid))


async def _ask_end_flag(ask: Interview) -> Answers:
    room = ask.room()
    first, leg = await ask.connect(room, "probe-a", "probe-b")
    alone = await _takes(ask, leg, _FLAG)
    await _takes(ask, leg, (("EndConferenceOnExit", "false"),))
    await ask.line.post(*leg.participant, form=(("Hold", "true"),))
    held = await _takes(ask, leg, _FLAG)
    with_hold = await _takes(ask, leg, (*_FLAG, ("Hold", "false")))
    by_name = await ask.line.post("Conferences", room, form=(("Status", "completed"),))
    del first
    return only(
        end_flag=_end_flag(alone=alone, held=held, with_hold=with_hold),
        conference_post_by_name="404" if by_name.missing else "works",
    )


_FLAG = (("EndConferenceOnExit", "true"),)


async def _takes(ask: Interview, leg: Leg, form: Form) -> bool:
    """Whether the flag is set after a change, by a look of its own."""
    await ask.line.post(*leg.participant, form=form)
    shown = await ask.line.get(*leg.participant)
    return shown.body.get("end_conference_on_exit") is True


def _end_flag(*, alone: bool, held: bool, with_hold: bool) -> str | None:
    if alone:
        return "takes" if held else "never_on_hold"
    return "with_hold_only" if with_hold else None


COACHING = Question(
    name="coaching",
    about="Can one request change the coach's target, and what if the target leaves?",
    answers=("retarget_in_one_post", "coaching_flag_when_target_leaves"),
    steps=(
        "three calls that are answered",
        "the third coaches the first, then the second; the one coached is removed",
    ),
    ask=_ask_coaching,
    answering=3,
    seconds=12.0,
)
END_FLAG = Question(
    name="end-flag",
    about="When does EndConferenceOnExit take, and is a conference known by its name?",
    answers=("end_flag", "conference_post_by_name"),
    steps=(
        "two calls that are answered",
        "set the flag of the second alone, on hold, and together with hold",
        "end the conference by its name",
    ),
    ask=_ask_end_flag,
    answering=2,
    seconds=6.0,
)
