"""Daemons that join, die, stand still and disagree on the time, added to a scenario."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from reconciler.play.scenarios.scenario import (
    Freeze,
    FreezeAt,
    Happening,
    Jump,
    Kill,
    Scenario,
    StartProcess,
    Stop,
)

Steps = list[tuple[float, Happening]]

BESIDE = "s"
"""What the names of processes begin with that run ``sync`` beside the daemons."""

HORIZON = 60.0
"""Seconds of deaths and joins at least."""

_OF_PROCESSES = StartProcess | Kill | Stop | Freeze | FreezeAt | Jump


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scenario over several daemons: what they share.

    ``concurrency`` is the account's: calls that are being placed at a time, None for
    any.
    """

    scenario: Scenario
    shards: int
    resync: float
    webhooks: bool
    concurrency: int | None = None


def clustered(scenario: Scenario, workers: int) -> Cluster:
    """The scenario with *workers* hosts, on each of which daemons follow one another."""
    return _Maker(scenario).cluster(workers)


class _Maker:
    def __init__(self, scenario: Scenario) -> None:
        self.of = scenario
        self.chance = random.Random(f"nodes {scenario.seed}")  # noqa: S311 - repeatable on purpose
        self.horizon = max(HORIZON, scenario.horizon)

    def maybe(self, of: float) -> bool:
        return self.chance.random() < of

    def cluster(self, workers: int) -> Cluster:
        steps: Steps = [each for each in self.of.steps if not _replaced(each[1])]
        skewed = not self.of.timetables and self.maybe(0.4)
        for index in range(workers):
            steps += self.host("abcdefgh"[index], at_once=index == 0, skewed=skewed)
        ordered = tuple(sorted(steps, key=lambda each: each[0]))
        return Cluster(
            replace(self.of, steps=ordered, horizon=self.horizon),
            shards=self.chance.choice((2, 4, 16)),
            resync=self.chance.choice((2.0, 5.0, 15.0)),
            webhooks=self.maybe(0.5),
            concurrency=self.chance.choice((None, None, 1, 2, 4)),
        )

    def host(
        self, name: str, *, at_once: bool, skewed: bool
    ) -> Iterator[tuple[float, Happening]]:
        at = 0.1 if at_once else round(self.chance.uniform(0.1, 25.0), 3)
        skew = self.chance.choice((0.0, 0.4, -2.0, 45.0, -90.0, 600.0))
        for life in range(self.chance.choice((1, 2, 2, 3))):
            process = f"{name}{life}"
            yield at, StartProcess(process, rest=1.0)
            if skewed and skew:
                yield at, Jump(process, skew)
            if self.maybe(0.35):
                yield self.freeze(process, at)
            at = round(at + self.chance.uniform(4.0, self.horizon / 2), 3)
            if at >= self.horizon or self.maybe(0.1):
                return
            yield at, self.end_of(process)
            at += self.chance.choice((0.0, 0.2, 3.0, 12.0))

    def freeze(self, process: str, at: float) -> tuple[float, Happening]:
        later = at + round(self.chance.uniform(0.5, 15.0), 3)
        seconds = self.chance.choice((0.5, 4.0, 7.0, 12.0, 30.0, 60.0))
        return later, Freeze(process, self.chance.randint(1, 60), seconds)

    def end_of(self, process: str) -> Happening:
        if self.maybe(0.65):
            return Kill(process, self.chance.randint(1, 80))
        return Stop(process)


def _replaced(step: Happening) -> bool:
    """Whether it is about a process that the daemons replace."""
    return isinstance(step, _OF_PROCESSES) and not step.name.startswith(BESIDE)
