"""Questions about limits, callers and machine detection."""

from collections.abc import Sequence

from reconciler.model.caller import WITHHELD_NUMBERS, WITHHELD_WORDS
from reconciler.probe.answer_values import lag, only
from reconciler.probe.api_line import ProbeReply
from reconciler.probe.interview import Interview
from reconciler.probe.party import Party
from reconciler.probe.question import Answers, Need, Question

_MOST_AT_ONCE = 128
_REST_SECONDS = 2.0
_TOO_MANY = 429
_DETECTION_SECONDS = 30.0


async def _ask_concurrency(ask: Interview) -> Answers:
    accepted, waits, count = 0, 0.0, 1
    refused = _MOST_AT_ONCE + 1
    while accepted + 1 < refused:
        replies = await ask.line.burst(count, "Conferences")
        over = _refused(replies)
        if over:
            refused = min(refused, count)
            waits = max(
                waits, *(probe_reply.retry_after or 0.0 for probe_reply in over)
            )
        else:
            accepted = max(accepted, count)
        count = _next(accepted, refused)
        await ask.line.sleep(_REST_SECONDS)
    limited = refused <= _MOST_AT_ONCE
    if not limited:
        ask.note("retry_after_on_429", f"{_MOST_AT_ONCE} requests at once are accepted")
    return only(
        concurrency=float(accepted) if limited else 0.0,
        retry_after_on_429=waits if limited else None,
    )


def _refused(replies: Sequence[ProbeReply]) -> list[ProbeReply]:
    return [probe_reply for probe_reply in replies if probe_reply.status == _TOO_MANY]


def _next(accepted: int, refused: int) -> int:
    """How many to send next: twice as many, then halfway to what was refused."""
    if refused > _MOST_AT_ONCE:
        return min(max(1, accepted * 2), _MOST_AT_ONCE)
    return (accepted + refused) // 2


async def _ask_callers(ask: Interview) -> Answers:
    page = await ask.line.get("Calls", PageSize="1000")
    inbound = (x for x in page.items("calls") if x.get("direction") == "inbound")
    shown = [str(x.get("from") or "").strip() for x in inbound]
    if any(each in WITHHELD_NUMBERS for each in shown):
        return {"withheld_caller": "number"}
    if any(each.casefold() in WITHHELD_WORDS for each in shown):
        return {"withheld_caller": "word"}
    ask.note("withheld_caller", "none of the last 1,000 calls is a withheld caller's")
    return {}


async def _ask_machine(ask: Interview) -> Answers:
    leg = await ask.call(
        Party.ANSWERING, ask.room(), "probe-a", MachineDetection="Enable"
    )
    began = await ask.connected(leg)
    by: list[object] = []

    async def known() -> bool:
        by[:] = [(await ask.line.get(*leg.call)).body.get("answered_by")]
        return by[0] is not None

    at = await ask.until(known, within_seconds=_DETECTION_SECONDS)
    if at is None:
        ask.note(
            "machine_detection_seconds", "the call's record never says who answered"
        )
        return {}
    return {"machine_detection_seconds": lag(began, at), "answered_by": str(by[0])}


CONCURRENCY = Question(
    name="concurrency",
    about="How many requests at once are accepted, and what does a 429 say?",
    answers=("concurrency", "retry_after_on_429"),
    steps=(
        "1, 2, 4 … 128 reads at once, until one is refused, then between those",
        "other programs of the account may be refused meanwhile",
    ),
    ask=_ask_concurrency,
    seconds=30.0,
    need=Need.BURST,
)
CALLERS = Question(
    name="callers",
    about="Is a withheld caller id shown as a number or as a word?",
    answers=("withheld_caller",),
    steps=("read the last 1,000 calls of the account",),
    ask=_ask_callers,
    seconds=1.0,
)
MACHINE = Question(
    name="machine",
    about="How long after the answer does machine detection say who answered?",
    answers=("machine_detection_seconds", "answered_by"),
    steps=("one call that is answered, with machine detection",),
    ask=_ask_machine,
    answering=1,
    seconds=8.0,
)
