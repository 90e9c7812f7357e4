"""A room whose roster names another account than the one that acts.

A call cannot move to another account. So the account that acts keeps what it has: it
silences, corrects and removes as declared, and calls nobody. Once it sees the room
empty, the account that the roster names acts, and calls.

seen                                        the account that acts
somebody in the conference, or an open      calls nobody; the room waits, and says for whom
attempt
nobody, by a complete observation           does nothing; leaves the room to the other
unknown                                     as ever: does nothing
"""

from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, state_of
from reconciler.model.action import Ring
from reconciler.model.ledger import Record
from reconciler.model.observation import Observation
from reconciler.planning.describe import counted, quoted
from reconciler.planning.plan import Condition, ConditionKind, Plan

RECHECK_SECONDS = 1.0
"""Seconds after which a room that has just emptied is observed again."""


def until_left(evaluation: Evaluation) -> Evaluation:
    """*evaluation* as the account may act on it that the roster does not name."""
    desired, observation = evaluation.desired, evaluation.observation
    if desired is None or not desired.changes_account:
        return evaluation
    if not isinstance(observation, Observation):
        return evaluation
    calls = {x.open.call_sid or x.label for x in _calling(evaluation) if x.open}
    people = calls | {leg.call_sid for leg in observation.participants}
    if people:
        plan = _without_rings(evaluation.plan, desired, len(people))
        return replace(evaluation, plan=plan, state=state_of(plan))
    plan = replace(evaluation.plan, actions=(), withheld=(), requeue_after=0.0)
    return replace(evaluation, plan=plan, account_left=True)


def _calling(evaluation: Evaluation) -> list[Record]:
    return [x for x in evaluation.ledger.records.values() if x.open is not None]


def _without_rings(plan: Plan, desired: Desired, people: int) -> Plan:
    room, before, after = plan.room, desired.account, desired.roster.account
    are = counted(people, "person is", "people are")
    text = (
        f"{are} in calls of account {before}, and the roster names {after}: nobody is "
        f"called until they have left. To end these calls now: reconciler end "
        f"{quoted(room)}, and then reconciler start {quoted(room)}"
    )
    waits = [RECHECK_SECONDS] if plan.findings else []
    waits += [] if plan.requeue_after is None else [plan.requeue_after]
    return replace(
        plan,
        actions=tuple(x for x in plan.actions if not isinstance(x, Ring)),
        withheld=tuple(x for x in plan.withheld if not isinstance(x.action, Ring)),
        conditions=(
            Condition(ConditionKind.ACCOUNT, text, blocking=True),
            *plan.conditions,
        ),
        requeue_after=min(waits) if waits else None,
    )
