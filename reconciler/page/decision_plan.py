"""What a decision would do: shown first, and bound to what is then done.

The digest covers the fields of the form, the room's generation, the decisions made
about it so far, and every line that is shown. A plan that has become another one is
shown again, and nothing is done.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from msgspec import Struct

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.action import Action
from reconciler.operations.audibility_text import predicted_lines
from reconciler.operations.operation_context import OperationContext
from reconciler.operations.requester import Operator
from reconciler.operations.room_snapshot import Opening
from reconciler.page.action_words import (
    WithheldGroup,
    call_names,
    described,
    withheld_groups,
)
from reconciler.page.page_access import PageVerb
from reconciler.page.sessions import DecisionNotice
from reconciler.page.submitted_form import Fields
from reconciler.planning.describe import subject
from reconciler.planning.plan import Plan


class PlanLine(Struct, frozen=True):
    """A line of a plan: whom it is about, what is done, the harm it does, why.

    ``reason`` is not part of the digest: it may count seconds.
    """

    subject: str
    what: str
    harm: str = ""
    reason: str = ""


class DecisionPlan(Struct, frozen=True):
    """What would be done, and what does it; ``refused`` is why nothing can be.

    ``basis`` is what else the plan rests on, for the digest.
    """

    lines: tuple[PlanLine, ...]
    carry_out: Callable[[], Awaitable[DecisionNotice]]
    notes: tuple[str, ...] = ()
    refused: str = ""
    basis: str = ""


class Deciding(Struct, frozen=True):
    """A decision about ``room`` that ``operator`` is making, with the form's fields."""

    context: OperationContext
    verb: PageVerb
    room: str
    fields: Fields
    operator: Operator
    desired: Desired

    @property
    def chosen(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The fields that say what is decided, each with its values."""
        fields = self.fields.all.items()
        return tuple((name, x) for name, x in fields if name not in _NOT_DECIDED)

    @property
    def opening(self) -> Opening:
        """The context, for operations that open one."""

        @asynccontextmanager
        async def open_it() -> AsyncIterator[OperationContext]:
            yield self.context

        return open_it


_NOT_DECIDED: Final = frozenset({"digest", "plan", "reason"})


def digest(it: Deciding, plan: DecisionPlan) -> str:
    """The identity of a plan."""
    parts = [
        it.verb,
        it.room,
        sorted(it.chosen),
        it.desired.generation,
        it.desired.decisions,
        str(it.desired.standing),
        [(x.subject, x.what, x.harm) for x in plan.lines],
        plan.basis,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def action_lines(
    plan: Plan, actions: Sequence[Action] | None = None
) -> tuple[PlanLine, ...]:
    """A line for each of *actions* (None: the plan's), in the order they are done."""
    names = call_names(plan)
    return tuple(
        PlanLine(subject(x), described(x, names), str(x.harm), x.reason)
        for x in (plan.actions if actions is None else actions)
    )


def predicted_notes(plan: Plan) -> tuple[str, ...]:
    """Who is heard by whom afterwards, and whose calls end, as ``plan`` says it."""
    return tuple(line.removeprefix("  > ") for line in predicted_lines(plan))


def evaluation_notes(evaluation: Evaluation) -> tuple[str, ...]:
    """What is to be said of an observation beside its actions."""
    if evaluation.plan.unknown is not None:
        return (f"Twilio could not be read: {evaluation.plan.unknown}",)
    held = [
        f"withheld by {group.guard}: {_listed(group)}: {group.reason}"
        for group in withheld_groups(
            evaluation.plan.withheld, call_names(evaluation.plan)
        )
    ]
    blocking = (x.text for x in evaluation.plan.conditions if x.blocking)
    return (*predicted_notes(evaluation.plan), *held, *blocking)


def _listed(group: WithheldGroup) -> str:
    return ", ".join(f"{what} {whom}" for whom, what in group.actions)
