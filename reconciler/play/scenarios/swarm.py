"""Swarm testing: each seed is without a random half of the kinds of trouble.

What is left comes more often, so that kinds meet which seldom meet where all may
strike. Half of these seeds end with a process that stands still for ever.
"""

import random
from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.model.roster import Roster
from reconciler.play.scenarios.editor import LABELS
from reconciler.play.scenarios.scenario import (
    Break,
    Declare,
    Freeze,
    FreezeAt,
    Happening,
    Jump,
    Kill,
    Resolve,
    Save,
    Scenario,
    Stop,
)
from reconciler.play.scenarios.scheduled import SWARM
from reconciler.play.scenarios.trouble import TroubleRates
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import Subscriber

_MISHAPS: dict[str, type[Happening] | tuple[type[Happening], ...]] = {
    "deaths": Kill,
    "stops": Stop,
    "standstills": (Freeze, FreezeAt),
    "clocks": Jump,
}
_PEOPLE = {
    "busy": {"busy": 0},
    "no answer": {"no_answer": 0},
    "unreachable": {"fails": 0},
    "numbers refused": {"refused": 0, "refused_status": 0},
    "hang up": {"hangs_up_after": None},
    "ghosts": {"ghost_seconds": 0.0, "listed_seconds": 0.0},
}
_RATES = TroubleRates.__struct_fields__
_TAKES_SECONDS = {FaultKind.HANG, FaultKind.SLOW}
_REFUSALS = {
    FaultKind.BAD_REQUEST,
    FaultKind.UNAUTHORIZED,
    FaultKind.FORBIDDEN,
    FaultKind.NOT_FOUND,
    FaultKind.CONFLICT,
}
"""What Twilio refuses so, it does not carry out."""

KINDS = (*map(str, FaultKind), *_RATES, *_MISHAPS, *_PEOPLE)
"""The kinds of trouble: of requests, of the network, of processes, of phones."""


def swarmed(scenario: Scenario) -> Scenario:
    """The scenario without a half of the kinds of trouble, or as it is."""
    return scenario if scenario.seed < SWARM else _Swarm(scenario).scenario()


def kinds_left(seed: int) -> frozenset[str]:
    """The kinds of trouble that a seed has."""
    return frozenset(_chance(seed).sample(KINDS, len(KINDS) - len(KINDS) // 2))


def _chance(seed: int) -> random.Random:
    return random.Random(f"swarm {seed}")  # noqa: S311 - repeatable on purpose


class _Swarm:
    def __init__(self, scenario: Scenario) -> None:
        self.of = scenario
        self.chance = _chance(scenario.seed)
        self.left = kinds_left(scenario.seed)
        self.faults = [
            fault_kind for fault_kind in FaultKind if str(fault_kind) in self.left
        ]
        self.exposures = self.chance.choice((0, 1, 10))
        self.gone = tuple(
            kind for name, kind in _MISHAPS.items() if name not in self.left
        )

    def scenario(self) -> Scenario:
        stuck = self.chance.random() < 0.5
        return replace(
            self.of,
            steps=tuple(sorted(self.all_steps(), key=lambda each: each[0])),
            people={
                x: self.person(subscriber) for x, subscriber in self.of.people.items()
            },
            rates=self.rates(),
            stuck_after=self.chance.randint(1, 60) if stuck else None,
        )

    def all_steps(self) -> Iterator[tuple[float, Happening]]:
        """Those of the scenario that are left, and answers about lost calls."""
        yield from self.steps()
        for _ in range(self.chance.choice((0, 2, 4))):
            at = round(self.chance.uniform(4.0, self.of.horizon), 3)
            room, label = self.chance.choice(self.of.rooms), self.chance.choice(LABELS)
            yield at, Resolve(room, label, rung=True)

    def steps(self) -> Iterator[tuple[float, Happening]]:
        for at, step in self.of.steps:
            if isinstance(step, Declare):
                yield at, Declare(self.roster(step.roster))
            elif isinstance(step, Save):
                yield at, replace(step, rosters=tuple(map(self.roster, step.rosters)))
            elif isinstance(step, Break):
                if self.faults:
                    yield at, Break(self.fault(step.fault))
            elif not any(isinstance(step, kind) for kind in self.gone):
                yield at, step

    def roster(self, roster: Roster) -> Roster:
        """The roster with a limit of exposures that may be exceeded."""
        limits = replace(roster.limits, exposures=self.exposures)
        return replace(roster, limits=limits)

    def fault(self, fault: Fault) -> Fault:
        """A fault of a kind that is left."""
        if fault.kind in self.faults:
            return fault
        kind = self.chance.choice(self.faults)
        late = self.chance.choice((0.5, 12.0, 20.0))
        return replace(
            fault,
            kind=kind,
            seconds=late if kind in _TAKES_SECONDS else 0.0,
            after=fault.after and kind not in _REFUSALS,
        )

    def person(self, person: Subscriber) -> Subscriber:
        for name, well in _PEOPLE.items():
            if name not in self.left:
                person = replace(person, **well)  # type: ignore[arg-type]
        return person

    def rates(self) -> TroubleRates:
        rates = {x: self.chance.choice((0.02, 0.05, 0.1)) for x in _RATES}
        return TroubleRates(
            **{x: rate if x in self.left else 0.0 for x, rate in rates.items()}
        )
