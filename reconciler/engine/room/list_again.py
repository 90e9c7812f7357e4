"""Lists a room once more where what was asked after its listing took long.

Whatever calls, exposes or removes somebody rests on a listing of the last 2 seconds;
see ``freshness``. Where Twilio takes a second to answer each question, the listing is
older than that once all are answered, and would be so again in the next pass.

a plan that silences      is carried out as it is: silences do not wait
any other                 the listing is made again once it is a second old

A listing that shows somebody else, or does not come in time, is of no use here: the room
is observed again.
"""

import asyncio
from contextlib import suppress

from msgspec.structs import replace

from reconciler.engine.ports import Clock, Provider
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.observation import Observation
from reconciler.planning.order import any_silences

LIST_AGAIN_SECONDS = 1.0
"""How old the listing is from which on it is made again."""

WITHIN_SECONDS = 10.0
"""How long the pass waits for it."""


async def listed_again(
    evaluation: Evaluation, provider: Provider, clock: Clock
) -> Evaluation:
    """*evaluation*, whose listing is recent if the room is still as it shows."""
    observation, actions = evaluation.observation, evaluation.plan.actions
    if not isinstance(observation, Observation) or not actions:
        return evaluation
    if clock() - evaluation.listed_at <= LIST_AGAIN_SECONDS:
        return evaluation
    if any_silences(actions):
        return evaluation
    with suppress(TimeoutError):
        again = await asyncio.wait_for(
            provider.listed_again(observation), WITHIN_SECONDS
        )
        if isinstance(again, Observation):
            return replace(evaluation, observation=again, observed_at=clock())
    return evaluation
