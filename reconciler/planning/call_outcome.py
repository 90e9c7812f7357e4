"""How a call that has ended counts.

removed by us      removed; no answer, or a machine, where that was why
completed          a machine's; room ended, if the conference's end ended it; else left
anything else      as Twilio says
"""

from collections.abc import Mapping

from reconciler.model.attempt import Attempt, CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.observation import (
    Call,
    CallStatus,
    ConferenceStatus,
    Observation,
)
from reconciler.planning.call_facts import MACHINE, REMOVED, REMOVING, UNANSWERED

_OUTCOMES: Mapping[CallStatus, CallOutcome] = {
    CallStatus.BUSY: CallOutcome.BUSY,
    CallStatus.NO_ANSWER: CallOutcome.NO_ANSWER,
    CallStatus.FAILED: CallOutcome.FAILED,
    CallStatus.CANCELED: CallOutcome.CANCELED,
    CallStatus.COMPLETED: CallOutcome.LEFT,
}

_NEVER_OURS = frozenset({CallStatus.BUSY, CallStatus.FAILED})
"""Ends that no removal brings about, even one whose answer was lost."""


def call_outcome(
    attempt: Attempt, call: Call, ledger: Ledger, observation: Observation
) -> CallOutcome:
    """How *attempt*, whose *call* has ended, counts."""
    noted = ledger.memory.get(call.sid, {})
    removed = REMOVED in noted or REMOVING in noted
    if removed and call.status not in _NEVER_OURS:
        if UNANSWERED in noted and attempt.connected_at is None:
            return CallOutcome.NO_ANSWER
        return CallOutcome.MACHINE if MACHINE in noted else CallOutcome.REMOVED
    if call.status is CallStatus.COMPLETED and _by_machine(call, ledger):
        return CallOutcome.MACHINE
    last = observation.last
    if (
        call.status is CallStatus.COMPLETED
        and last is not None
        and last.sid == attempt.conference_sid
        and last.status is ConferenceStatus.COMPLETED
        and last.reason_ended != "last-participant-left"
    ):
        return CallOutcome.ROOM_ENDED
    return _OUTCOMES[call.status]


def _by_machine(call: Call, ledger: Ledger) -> bool:
    known = ledger.identities.get(call.sid)
    return call.machine or (known is not None and known.machine)
