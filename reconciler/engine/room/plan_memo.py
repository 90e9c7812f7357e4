"""Plans of rooms at rest, which are not made again while their inputs are the same.

A plan follows from roster, ledger, observation, authority and time. It is remembered
where it is the one of ``resting_plan``, which is then built instead of it:

inputs      a hash of all of them is the same
authority   the same account, policy and person's word
time        an hour at most: nothing comes of such a room with time alone

The room is read and observed all the same, and what is to be recorded is compared.
"""

from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct, field

from reconciler.engine.room.evaluation import Evaluation, Inputs, compared, evaluated
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Unknown
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.plan import Plan
from reconciler.planning.resting_plan import resting_plan

MAX_AGE_SECONDS = 3600.0
"""Seconds after which a plan is made whatever is known."""

NO_INPUTS = frozenset({"last_free_token", "watermark", "observed"})
"""Fields of a ledger on which no plan depends: they are for what is written."""

_OF_LEDGER = attrgetter(*(x for x in Ledger.__struct_fields__ if x not in NO_INPUTS))


class PlanMemo(Struct):
    """For each room the hash of the inputs of its last plan, and when it was made."""

    _authority: Authority = GUARDED
    _made: dict[str, tuple[int, float]] = field(default_factory=dict)

    def compared(self, inputs: Inputs) -> Evaluation:
        """As ``evaluation.compared``, without planning where the plan is known."""
        if inputs.authority != self._authority:
            self._authority = inputs.authority
            self._made.clear()
        key = None if inputs.only is not None else _key(inputs)
        plan = self._known(key, inputs)
        if plan is not None:
            return evaluated(plan, inputs)
        evaluation = compared(inputs)
        if key is not None and evaluation.plan == _resting(inputs):
            self._made[inputs.observation.room] = (key, inputs.now)
        return evaluation

    def forget(self, rooms: Collection[str]) -> None:
        """*rooms* are planned again when they come back."""
        for room in rooms:
            self._made.pop(room, None)

    def _known(self, key: int | None, inputs: Inputs) -> Plan | None:
        now = inputs.now
        made, made_at = self._made.get(inputs.observation.room, (None, now))
        if key is None or key != made or not 0.0 <= now - made_at < MAX_AGE_SECONDS:
            return None
        return _resting(inputs)


def _resting(inputs: Inputs) -> Plan | None:
    desired, observation = inputs.desired, inputs.observation
    if isinstance(observation, Unknown):
        return None
    return resting_plan(desired.roster, observation, desired.generation)


def _key(inputs: Inputs) -> int | None:
    """What two observations share only if their plans follow from the same; None for none.

    None where Twilio was asked for more than the listing. Of 2**64 values two
    observations share one by chance, and by no design: texts are hashed with the
    process's key.
    """
    observation = inputs.observation
    if isinstance(observation, Unknown) or not observation.alone:
        return None
    legs = observation.participants
    return hash(
        (
            inputs.desired,
            observation.conference,
            observation.lacks,
            legs,
            tuple([leg.created_at for leg in legs]),
            tuple(map(_frozen, _OF_LEDGER(inputs.ledger))),
        )
    )


def _frozen(value: Any) -> Any:
    """*value* with tuples for its mappings, in their order."""
    if not isinstance(value, Mapping):
        return value
    return tuple([(name, _frozen(each)) for name, each in value.items()])
