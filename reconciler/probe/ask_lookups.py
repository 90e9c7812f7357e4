"""Questions about labels, repeated requests and the form of answers."""

from reconciler.probe.answer_values import only
from reconciler.probe.ask_ringing import LABEL_IN_USE
from reconciler.probe.interview import Interview
from reconciler.probe.leg import Leg
from reconciler.probe.party import Party
from reconciler.probe.question import Answers, Question

_TOKEN_HEADERS = ("I-Twilio-Idempotency-Token", "Idempotency-Key")
_LOOKS = 4


async def _ask_lookups(ask: Interview) -> Answers:
    room = ask.room()
    token = dict.fromkeys(_TOKEN_HEADERS, f"{ask.run}-{ask.room()}"[:64])
    leg, _ = await ask.try_call(Party.ANSWERING, room, "probe-a", headers=token)
    if leg is None:
        ask.note("idempotency_token", "the first create was refused")
        return {}
    await ask.connected(leg)
    honoured = await _token_honoured(ask, room, leg, token)
    status = await _clash_status(ask, leg)
    dotted = (await ask.connect(leg.conference_sid, "probe.b"))[0]
    shown = await ask.line.get(*leg.participant)
    swapped = await ask.line.get(*leg.participant[:-1], "PROBE-A")
    by_dot = await ask.line.get(*dotted.participant[:-1], "probe.b")
    return only(
        idempotency_token=honoured,
        error_status_16xxx=status,
        label_case_sensitive=not swapped.ok,
        label_with_dot="works" if by_dot.ok else "404",
        status_null=shown.body.get("status") is None,
        equal_bytes=await _equal_bytes(ask, leg),
    )


async def _token_honoured(
    ask: Interview, room: str, leg: Leg, token: dict[str, str]
) -> str | None:
    again, reply = await ask.try_call(Party.ANSWERING, room, "probe-a", headers=token)
    if again is not None and again.call_sid == leg.call_sid:
        return "honoured"
    if again is not None or reply.code == LABEL_IN_USE:
        return "ignored"
    ask.note("idempotency_token", f"a repeated create answered code {reply.code}")
    return None


async def _clash_status(ask: Interview, leg: Leg) -> str | None:
    again, reply = await ask.try_call(Party.ANSWERING, leg.conference_sid, "probe-a")
    if again is None and reply.code == LABEL_IN_USE:
        return str(reply.status)
    ask.note("error_status_16xxx", "a label that is in use was not refused as such")
    return None


async def _equal_bytes(ask: Interview, leg: Leg) -> bool:
    bodies = [(await ask.line.get(*leg.participant)).content for _ in range(_LOOKS)]
    return len(set(bodies)) == 1


async def _ask_pages(ask: Interview) -> Answers:
    page = await ask.line.get("Calls", PageSize="1")
    link = page.text("next_page_uri")
    if not link:
        ask.note("next_page_absolute", "the account has fewer than two calls")
        return {}
    return {"next_page_absolute": link.startswith(("http://", "https://"))}


LOOKUPS = Question(
    name="lookups",
    about="How are labels looked up, repeated creates answered and bodies written?",
    answers=(
        "label_case_sensitive",
        "label_with_dot",
        "error_status_16xxx",
        "idempotency_token",
        "status_null",
        "equal_bytes",
    ),
    steps=(
        "two calls that are answered",
        "two further creates with the label of the first: they must be refused",
        "look up both by label",
    ),
    ask=_ask_lookups,
    answering=4,
    seconds=6.0,
)
PAGES = Question(
    name="pages",
    about="Is the address of a listing's next page relative or absolute?",
    answers=("next_page_absolute",),
    steps=("list one call of the account",),
    ask=_ask_pages,
    seconds=1.0,
)
