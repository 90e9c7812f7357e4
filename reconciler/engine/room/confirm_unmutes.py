"""Reads what an unmute relies on from each participant's own record, just before it.

Listings may be old, however many agree; see ``planning.evidence``. The records take the
place of the listing's, and the plan is made again. It costs one request a coach or a
person on hold, and one a coached person, only in a pass that would unmute them.

beside the unmute the plan has   the records are read
mutes or holds                   in the next pass: they wait for no read
calls or removals                for at most ``BESIDE_OTHERS_SECONDS``
nothing that may harm            for at most ``ALONE_SECONDS``

What is not read by then is read in the next pass: nobody new is silenced meanwhile.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from msgspec.structs import replace

from reconciler.engine.ports import Clock, Provider
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.action import Remove, Ring
from reconciler.model.observation import Observation
from reconciler.planning.evidence import relied_on
from reconciler.planning.order import any_silences

BESIDE_OTHERS_SECONDS = 1.0
ALONE_SECONDS = 4.0


def unconfirmed(evaluation: Evaluation) -> frozenset[str]:
    """The legs on which the plan relies to expose nobody; none without an observation."""
    none: frozenset[str] = frozenset()
    observation = evaluation.observation
    if not isinstance(observation, Observation):
        return none
    return none.union(*(relied_on(x, observation) for x in evaluation.plan.actions))


async def read_records(
    evaluation: Evaluation,
    call_sids: Collection[str],
    provider: Provider,
    clock: Clock,
) -> Observation | None:
    """The observation with the records of *call_sids*; None if they are not known now.

    A process that stood still may read them long after they were so.
    """
    observation, actions = evaluation.observation, evaluation.plan.actions
    if not isinstance(observation, Observation):
        return None
    if any_silences(actions):
        return None
    limit = BESIDE_OTHERS_SECONDS if harms_others(evaluation) else ALONE_SECONDS
    asked_at = clock()
    with suppress(TimeoutError):
        found = await asyncio.wait_for(provider.confirm(observation, call_sids), limit)
        recent = clock() - asked_at <= limit
        return found if recent and isinstance(found, Observation) else None
    return None


def harms_others(evaluation: Evaluation) -> bool:
    """Whether the plan calls or removes somebody: that relies on a young observation."""
    return any(isinstance(x, Ring | Remove) for x in evaluation.plan.actions)


def without_unmutes(evaluation: Evaluation, call_sids: frozenset[str]) -> Evaluation:
    """*evaluation* without the unmutes that rely on *call_sids*."""
    observation = evaluation.observation
    if not isinstance(observation, Observation):
        return evaluation
    actions = tuple(
        action
        for action in evaluation.plan.actions
        if relied_on(action, observation).isdisjoint(call_sids)
    )
    return replace(evaluation, plan=replace(evaluation.plan, actions=actions))
