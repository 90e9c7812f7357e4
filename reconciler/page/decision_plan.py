"""What a decision would do: shown first, and bound to what is then done.

The digest covers the fields of the form, the room's generation, the decisions made
about it so far, and every line that is shown. A plan that has become another one is
shown again, and nothing is done.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluate import Evaluation
from reconciler.model.action import Action
from reconciler.operations.audibility_text import predicted_lines
from reconciler.page.sessions import DecisionNotice
from reconciler.page.submitted_form import Fields
from reconciler.planning.describe import describe, subject
from reconciler.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line of a plan: whom it is about, what is done, the harm it does, why.

    ``reason`` is not part of the digest: it may count seconds.
    """

    subject: str
    what: str
    harm: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DecisionPlan:
    """What would be done, and what does it; ``refused`` is why nothing can be.

    ``basis`` is what else the plan rests on, for the digest.
    """

    lines: tuple[PlanLine, ...]
    carry_out: Callable[[], Awaitable[DecisionNotice]]
    notes: tuple[str, ...] = ()
    refused: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: a verb about a room, with the fields of the form."""

    verb: str
    room: str
    fields: Fields = field(default_factory=Fields)


def digest(asked: Asked, desired: Desired, plan: DecisionPlan) -> str:
    """The identity of a plan."""
    chosen = {
        name: values
        for name, values in asked.fields.all.items()
        if name not in {"digest", "plan", "reason"}
    }
    parts = [
        asked.verb,
        asked.room,
        sorted(chosen.items()),
        desired.generation,
        desired.decisions,
        str(desired.standing),
        [(x.subject, x.what, x.harm) for x in plan.lines],
        plan.basis,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def action_lines(actions: Sequence[Action]) -> tuple[PlanLine, ...]:
    """A line for each action, in the order in which they are done."""
    return tuple(
        PlanLine(subject(x), describe(x), str(x.harm), x.reason) for x in actions
    )


def predicted_notes(plan: Plan) -> tuple[str, ...]:
    """Who is heard by whom afterwards, and whose calls end, as ``plan`` says it."""
    return tuple(line.removeprefix("  > ") for line in predicted_lines(plan))


def evaluation_notes(look: Evaluation) -> tuple[str, ...]:
    """What is to be said of a look beside its actions."""
    if look.plan.unknown is not None:
        return (f"Twilio could not be read: {look.plan.unknown}",)
    held = [
        f"{subject(x.action)}: {describe(x.action)} is withheld by {x.guard}: "
        f"{x.reason}"
        for x in look.plan.withheld
    ]
    blocking = (x.text for x in look.plan.conditions if x.blocking)
    return (*predicted_notes(look.plan), *held, *blocking)
