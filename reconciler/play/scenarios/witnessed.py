"""Seeds in which calls are reported by a second source, and many creates are lost."""

import random

from msgspec.structs import replace

from reconciler.play.scenarios.scenario import Break, Scenario
from reconciler.simulator.exchange.fault import Fault, FaultKind

WITNESSED = 3_000_000
"""Seeds from here on have a second source; they are of the swarm, too."""


def witnessed(scenario: Scenario) -> Scenario:
    """The scenario with a second source and lost creates, or as it is."""
    if scenario.seed < WITNESSED:
        return scenario
    chance = random.Random(f"witness {scenario.seed}")  # noqa: S311 - repeatable on purpose
    steps = list(scenario.steps)
    for _ in range(chance.randint(1, 3)):
        fault = Fault(
            kind=chance.choice((FaultKind.RESET, FaultKind.BAD_GATEWAY)),
            method="POST",
            path="*/Participants.json",
            times=chance.choice((1, 2, 4)),
            after=chance.random() < 0.7,
        )
        steps.append((round(chance.uniform(0.0, 10.0), 3), Break(fault)))
    steps.sort(key=lambda each: each[0])
    return replace(scenario, steps=tuple(steps), witness=True)
