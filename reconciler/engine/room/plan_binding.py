"""Binds the first pass of each room to a plan that a person saw.

what the first complete observation plans     the pass
what the plan file says                       does it, as do those that follow
anything else                                 silences who must be silent, and stops

Passes that follow act on the people of the plan alone (see ``planning.targets``).
"""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.action import Action, Change, Ring
from reconciler.planning.approval import scope_of
from reconciler.planning.approved_names import names_of
from reconciler.planning.plan import NOT_APPROVED, Condition, ConditionKind, Plan


def planned_names(plan: Plan, account_sid: str) -> tuple[str, ...]:
    """What tells all that *plan* does and withholds from every other plan."""
    actions = (*plan.actions, *(withheld.action for withheld in plan.withheld))
    names = names_of(map(_unnumbered, actions), scope_of(plan, account_sid))
    return tuple(f"{plan.generation}/{name}" for name in names)


def _unnumbered(action: Action) -> Action:
    """*action* without the numbers that only a load assigns."""
    return replace(action, intent=0, number=0) if isinstance(action, Ring) else action


class PlanBinding(Struct):
    """``expected`` has the names of ``planned_names`` by room."""

    expected: Mapping[str, tuple[str, ...]]
    account_sid: str
    _met: set[str] = field(default_factory=set)

    def __call__(self, seen: Evaluation) -> Evaluation:
        """*seen*, held back where it is not as planned."""
        plan = seen.plan
        if seen.room in self._met or plan.unknown is not None:
            return seen
        if planned_names(plan, self.account_sid) == self.expected.get(seen.room, ()):
            self._met.add(seen.room)
            return seen
        return replace(seen, plan=_held(plan), state=RoomPhase.STALLED)


def _held(plan: Plan) -> Plan:
    silences = [x for x in plan.actions if isinstance(x, Change) and x.silences]
    changed = Condition(
        ConditionKind.OTHER_PLAN,
        "the room has changed since the plan. To plan again: reconciler plan --out FILE",
        blocking=True,
    )
    return replace(
        plan,
        actions=tuple(silences),
        waiting=(),
        conditions=(changed, *plan.conditions),
        approval_use=NOT_APPROVED,
    )
