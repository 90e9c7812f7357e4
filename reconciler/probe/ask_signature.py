"""Question about the signature of webhooks."""

from reconciler.probe.interview import Interview
from reconciler.probe.question import Answers, Question


async def _ask_signature(ask: Interview) -> Answers:
    (leg,) = await ask.connect(ask.room(), "probe-a")
    event = await ask.event(leg.conference_sid, lambda x: bool(x.get("CallSid")))
    if event is None:
        ask.note("signature_port", "no webhook came")
        return {}
    signed = event.get("signed", "")
    if not signed:
        ask.note("signature_port", "no signature of this account's auth token came")
        return {}
    return {"signature_port": signed}


SIGNATURE = Question(
    name="signature",
    about="Is a webhook signed with the port of its URL or without?",
    answers=(),
    by_events=("signature_port",),
    steps=("one call that is answered", "check the signature of its first webhook"),
    ask=_ask_signature,
    answering=1,
)
