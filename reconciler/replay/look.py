"""One look at a room: what its decision rests on, and the decision as a document."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, Inputs, compared
from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Observation, Unknown
from reconciler.model.typed_document import to_document
from reconciler.model.watermark import Watermark
from reconciler.planning.authority import Authority
from reconciler.planning.plan import Plan


class Look(Struct, frozen=True):
    """All that a decision rests on. ``at`` is in Unix seconds."""

    at: float
    desired: Desired
    ledger: Ledger
    observation: Observation | Unknown
    authority: Authority
    only: frozenset[str] | None = None


def look_of(evaluation: Evaluation, authority: Authority) -> Look | None:
    """What an evaluation rests on; None for a room that nobody looked at."""
    desired, observation = evaluation.desired, evaluation.observation
    if desired is None or observation is None:
        return None
    if isinstance(observation, Observation):
        observation = replace(observation, listing=None)
    ledger = replace(evaluation.ledger, watermark=Watermark(), observed="")
    at, only = evaluation.observed_at, evaluation.only
    return Look(at, desired, ledger, observation, authority, only)


def decide(look: Look) -> Evaluation:
    """What this version decides."""
    inputs = Inputs(
        look.desired,
        look.ledger,
        look.observation,
        look.at,
        look.authority,
        look.only,
    )
    return compared(inputs)


def decision_document(evaluation: Evaluation) -> dict[str, Any]:
    """State, actions, what is withheld and waited for, and what is found out."""
    plan = evaluation.plan
    return {
        "state": str(evaluation.state),
        "unknown": plan.unknown,
        "decisions": decisions(plan),
        "actions": to_document(plan.actions),
        "withheld": to_document(plan.withheld),
        "left_out": to_document(plan.left_out),
        "waiting": to_document(plan.waiting),
        "findings": to_document(plan.findings),
        "conditions": to_document(plan.conditions),
        "requeue_after": plan.requeue_after,
    }


def decisions(plan: Plan) -> list[str]:
    """Each decision of a plan in words: by them a difference is named."""
    return [
        *(f"does: {_named(action)}" for action in plan.actions),
        *(f"withholds by {x.guard}: {_named(x.action)}" for x in plan.withheld),
        *(f"waits for {x.label or plan.room}: {x.phase}" for x in plan.waiting),
        *(f"says of the room: {condition.kind}" for condition in plan.conditions),
    ]


def _named(action: Action) -> str:
    match action:
        case Ring():
            return f"call {action.label}"
        case Remove():
            return f"remove {action.label or action.call_sid or 'everybody'}"
        case Change():
            fields = ", ".join(f"{x.name}={x.after}" for x in action.field_changes)
            return f"change {action.label or action.call_sid}: {fields}"
