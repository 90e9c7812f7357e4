"""Of what people can be notified, by what became of an action or an attempt.

what                                            the notice
a call ended since the person left              left
a call was busy, was not answered               busy, no-answer
a call failed, Twilio refused it or a change    failed
an answering machine took the call              machine, once a call
the next of a group is called                   fallback
who is replaced was taken out                   replaced
somebody is heard, or hears, who was not        exposed
"""

from collections.abc import Mapping
from typing import Final

from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.model.action import Change, Harm, Remove
from reconciler.model.attempt import CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.notice import Notice
from reconciler.planning.plan import Finding, Progress

BY_OUTCOME: Final[Mapping[CallOutcome, Notice]] = {
    CallOutcome.LEFT: Notice.LEFT,
    CallOutcome.NO_ANSWER: Notice.NO_ANSWER,
    CallOutcome.BUSY: Notice.BUSY,
    CallOutcome.FAILED: Notice.FAILED,
    CallOutcome.REFUSED: Notice.FAILED,
    CallOutcome.MACHINE: Notice.MACHINE,
}
"""The other outcomes are our own doing, or no news."""


def notice_of_finding(finding: Finding, ledger: Ledger) -> Notice | None:
    """The notice of what a look found out of a ring."""
    if not isinstance(finding, Progress):
        return None
    if finding.machine:
        return Notice.MACHINE
    notice = BY_OUTCOME.get(finding.outcome) if finding.outcome else None
    return None if notice is Notice.MACHINE and _known(finding, ledger) else notice


def _known(finding: Progress, ledger: Ledger) -> bool:
    """Whether there is an event already that a machine took the call."""
    attempts = (record.open for record in ledger.records.values())
    sids = {x.call_sid for x in attempts if x and x.id == finding.attempt_id}
    calls = (ledger.identities.get(sid) for sid in sids if sid)
    return any(call is not None and call.machine for call in calls)


def notice_of_outcome(outcome: ActionOutcome) -> Notice | None:
    """The notice of an action that was carried out or refused."""
    if outcome.result is Outcome.FAILED:
        return Notice.FAILED
    if outcome.result is not Outcome.DONE:
        return None
    match outcome.action:
        case Change(harm=Harm.EXPOSE):
            return Notice.EXPOSED
        case Remove(heir=heir) if heir:
            return Notice.REPLACED
        case _:
            return None
