"""The end of a room's call: planned first, then put on record."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.ledger import Approval, Ledger
from reconciler.model.observation import Observation
from reconciler.operations.approval_offer import approval_of
from reconciler.operations.evaluated_room import require, require_managed
from reconciler.operations.load_outcome import BeforeLoad, as_of
from reconciler.operations.operation_context import OperationContext
from reconciler.operations.override_change import Lasting
from reconciler.operations.requester import Operator
from reconciler.planning.approval import approved_by_name, protected_labels
from reconciler.planning.override import numbered
from reconciler.store.store import SqlStore

APPROVED_SECONDS = 600.0
"""Seconds for which the removals that were shown may be carried out."""


class RoomEnding(Struct, frozen=True):
    """The override, what it comes to, and the approval of what would be withheld."""

    draft: Override
    evaluation: Evaluation
    approval: Approval | None

    @property
    def people(self) -> tuple[str, ...]:
        """Who is cut off: labels, and strangers by their calls."""
        return tuple(sorted(_people(self.evaluation)))


async def plan_ending(
    context: OperationContext, room: str, lasts: Lasting, operator: Operator
) -> RoomEnding:
    """What the room would come to; nothing is written."""
    require(room, await context.store.rooms())
    desired, ledger = (await context.store.read([room], context.clock()))[room]
    assert desired is not None  # noqa: S101 - the room is known
    require_managed(room, desired)
    at = context.clock()
    draft = Override(
        0, room, OverrideVerb.END, at, lasts.end(at), operator.who, lasts.reason
    )
    evaluation = await _seen(context, draft, desired, ledger)
    return RoomEnding(
        draft, evaluation, _approval(context, evaluation, lasts.reason, operator)
    )


async def _seen(
    context: OperationContext, draft: Override, desired: Desired, ledger: Ledger
) -> Evaluation:
    """An observation of the room as it is desired once the override counts."""
    room, at = draft.room, draft.at
    declared = (await context.store.declared([room], at))[room]
    words = (*declared.overrides, *numbered([draft], declared.overrides))
    before = BeforeLoad(desired, ledger, declared.declaration, words)
    ended, ledger = as_of(before, at)
    survey = await context.provider.survey([room])
    ledger = replace(ledger, approval=None, quiet_at=None)
    return await context.evaluate(room, ended, ledger, survey)


def _approval(
    context: OperationContext, evaluation: Evaluation, reason: str, operator: Operator
) -> Approval | None:
    """An approval of what would be withheld, by *operator*; None if nothing is."""
    covered = approved_by_name(evaluation.plan, protected_labels(evaluation.plan))
    if not covered:
        return None
    return approval_of(
        context,
        evaluation.plan,
        covered,
        replace(operator, reason=reason or "ended by an operator"),
        context.clock() + APPROVED_SECONDS,
    )


def _people(evaluation: Evaluation) -> Iterator[str]:
    if isinstance(evaluation.observation, Observation):
        for leg in evaluation.observation.participants:
            if leg.connected:
                yield leg.label or leg.call_sid


async def end_room(
    store: SqlStore, ending: RoomEnding, at: float
) -> tuple[Override | None, bool]:
    """Put the override and the approval on record, both or neither.

    See ``SqlStore.end_room``.
    """
    return await store.end_room(
        replace(ending.draft, at=at),
        ending.approval,
        generation=ending.evaluation.plan.generation,
        now=at,
    )
