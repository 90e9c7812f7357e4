"""One run: chaos until the horizon, then calm until everything is at rest."""

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.oracles.promptness import is_prompt
from reconciler.play.scenarios.scenario import (
    Scenario,
)
from reconciler.play.world.product import WHOLE, Mutation
from reconciler.play.world.run_journal import RunJournal
from reconciler.play.world.scenario_run import ScenarioRun
from reconciler.play.world.shared_store import Shared
from reconciler.play.world.virtual_loop import VirtualLoop
from reconciler.play.world.world import UNDISTURBED, Interference, World, make_world


class Report(Struct, frozen=True):
    """What a run came to.

    ``rest_seconds`` is how long after the faults stopped the rooms came to rest, None
    if they did not.
    """

    scenario: Scenario
    journal: RunJournal
    world: World
    last: Mapping[str, ReconcileResult]
    rest_seconds: float | None = None

    @property
    def failed(self) -> bool:
        return bool(self.journal.violations)


def run(
    scenario: Scenario,
    *,
    store: Shared | None = None,
    interference: Interference = UNDISTURBED,
    mutation: Mutation = WHOLE,
) -> Report:
    """Live through a scenario. The store must be empty."""
    loop = VirtualLoop(scenario.seed, scenario.start)
    asyncio.set_event_loop(None)
    world = make_world(scenario, loop, store or InMemoryStore(), interference)
    world.prompt = is_prompt(scenario)
    lived = ScenarioRun(world, mutation)
    try:
        last = loop.run_until_complete(lived.live())
    finally:
        loop.end()
    return Report(scenario, world.journal, world, last, lived.rest_seconds)
