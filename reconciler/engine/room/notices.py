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

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.model.action import Change, Harm, Remove
from reconciler.model.attempt import CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.notice import Notice
from reconciler.model.observation import Observation, Participant
from reconciler.planning.audience import audibility
from reconciler.planning.finding import Finding, Progress
from reconciler.planning.predicted_room import changed

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
    """The notice of what an observation found out of a ring."""
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


def notices_of_outcomes(
    outcomes: Iterable[ActionOutcome], observation: Observation | None
) -> Iterator[Notice | None]:
    """The notice of each of *outcomes*, in their order, of a room as observed."""
    audible = _AudibleLegs(observation)
    for outcome in outcomes:
        action, done = outcome.action, outcome.result is Outcome.DONE
        louder = audible.after(action) if done and isinstance(action, Change) else False
        yield Notice.EXPOSED if louder else notice_of_outcome(outcome)


def notice_of_outcome(outcome: ActionOutcome) -> Notice | None:
    """The notice of an action that was carried out or refused, unless it exposes."""
    if outcome.result is Outcome.FAILED:
        return Notice.FAILED
    replaces = isinstance(outcome.action, Remove) and outcome.action.heir
    done = outcome.result is Outcome.DONE
    return Notice.REPLACED if done and replaces else None


class _AudibleLegs:
    """Who hears whom while changes are carried out one after the other."""

    def __init__(self, observation: Observation | None) -> None:
        conference = observation.conference if observation else None
        self._status = conference.status if conference else None
        legs = observation.participants if observation else ()
        self._legs = {leg.call_sid: leg for leg in legs}

    def after(self, change: Change) -> bool:
        """Whether *change* lets somebody be heard, or hear, who was not.

        Of a call that was not observed, its harm says so.
        """
        leg = self._legs.get(change.call_sid)
        if leg is None:
            return change.harm is Harm.EXPOSE
        before = self._legs
        self._legs = {**before, change.call_sid: changed(leg, change)}
        return change.harm is Harm.EXPOSE and self._is_louder_than(before)

    def _is_louder_than(self, before: Mapping[str, Participant]) -> bool:
        earlier = audibility(self._status, before.values())
        return audibility(self._status, self._legs.values()).louder_than(earlier)
