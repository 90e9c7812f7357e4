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
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace

from reconciler.engine.ports import Clock, Provider
from reconciler.engine.room.evaluate import Evaluation
from reconciler.model.action import Remove, Ring
from reconciler.model.observation import Observation
from reconciler.planning.evidence import relied_on
from reconciler.planning.order import SILENCING, step_of

BESIDE_OTHERS_SECONDS = 1.0
ALONE_SECONDS = 4.0


async def confirmed(
    evaluation: Evaluation,
    provider: Provider,
    clock: Clock,
    plan: Callable[[Observation], Evaluation],
) -> Evaluation:
    """*evaluation*, in which nobody is unmuted on the word of a listing alone.

    *plan* evaluates another observation of the room.
    """
    known: frozenset[str] = frozenset()
    while isinstance(evaluation.observation, Observation):
        wanted = _relied_on(evaluation, evaluation.observation) - known
        if not wanted:
            break
        found = await _read(evaluation, evaluation.observation, wanted, provider)
        if found is None:
            return _without(evaluation, evaluation.observation, wanted)
        old = _harms_others(evaluation)
        observed_at = evaluation.observed_at if old else clock()
        known |= wanted
        evaluation = replace(plan(found), observed_at=observed_at)
    return evaluation


def _relied_on(evaluation: Evaluation, observation: Observation) -> frozenset[str]:
    """The legs on which the plan relies to expose nobody."""
    none: frozenset[str] = frozenset()
    return none.union(*(relied_on(x, observation) for x in evaluation.plan.actions))


async def _read(
    evaluation: Evaluation,
    observation: Observation,
    call_sids: Collection[str],
    provider: Provider,
) -> Observation | None:
    """*observation* with the records of *call_sids*; None if they are not known now."""
    actions = evaluation.plan.actions
    if any(step_of(each) in SILENCING for each in actions):
        return None
    limit = BESIDE_OTHERS_SECONDS if _harms_others(evaluation) else ALONE_SECONDS
    with suppress(TimeoutError):
        found = await asyncio.wait_for(provider.confirm(observation, call_sids), limit)
        return found if isinstance(found, Observation) else None
    return None


def _harms_others(evaluation: Evaluation) -> bool:
    """Whether the plan calls or removes somebody: that relies on a young observation."""
    return any(isinstance(x, Ring | Remove) for x in evaluation.plan.actions)


def _without(
    evaluation: Evaluation, observation: Observation, call_sids: frozenset[str]
) -> Evaluation:
    """*evaluation* without the unmutes that rely on *call_sids*."""
    actions = tuple(
        each
        for each in evaluation.plan.actions
        if relied_on(each, observation).isdisjoint(call_sids)
    )
    return replace(evaluation, plan=replace(evaluation.plan, actions=actions))
