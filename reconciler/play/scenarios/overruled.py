"""Overrides, modes and rollbacks, added to a scenario as people use them.

Three of eight seeds have them; those of ``organized`` have some of both.
"""

import random
from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.model.declaration import Mode, Override, OverrideVerb
from reconciler.model.roster import Fields, Unlisted
from reconciler.play.scenarios.editor import LABELS
from reconciler.play.scenarios.scenario import (
    Happening,
    Overrule,
    RollBack,
    Scenario,
    TakeBack,
    Unpin,
)

MODES = (
    Mode("quiet", tuple((x, (("muted", True),)) for x in LABELS[:3])),
    Mode(
        "apart",
        tuple((x, (("hold", x not in LABELS[:2]),)) for x in LABELS),
        Unlisted.HOLD,
    ),
)

_FIELDS: tuple[Fields, ...] = (
    (("muted", False),),
    (("muted", False),),
    (("muted", True),),
    (("hold", True),),
    (("hold", False),),
    (("coaching", False),),
    (("end_conference_on_exit", False),),
)


def has_overrides(seed: int) -> bool:
    """Whether people override the seed's rooms."""
    return seed % 4 == 1 or seed % 8 == 6


def overruled(scenario: Scenario) -> Scenario:
    """The scenario with some of them, or as it is."""
    if not has_overrides(scenario.seed):
        return scenario
    steps = (*scenario.steps, *_Person(scenario).steps())
    return replace(
        scenario,
        modes=MODES,
        steps=tuple(sorted(steps, key=lambda each: each[0])),
    )


class _Person:
    def __init__(self, scenario: Scenario) -> None:
        self.of = scenario
        self.chance = random.Random(f"overruled {scenario.seed}")  # noqa: S311 - repeatable on purpose

    def steps(self) -> Iterator[tuple[float, Happening]]:
        for _ in range(self.chance.choice((1, 2, 3, 5))):
            at = round(self.chance.uniform(1.0, self.of.horizon), 3)
            yield at, self.step(self.chance.choice(self.of.rooms))

    def step(self, room: str) -> Happening:
        kind = self.chance.random()
        if kind < 0.12:
            return TakeBack(room)
        if kind < 0.24:
            return RollBack(room, self.chance.choice((1, 1, 2)))
        if kind < 0.28:
            return Unpin(room)
        seconds = self.chance.choice((None, 1.0, 3.0, 3.0, 8.0, 20.0))
        return Overrule(self.override(room), seconds)

    def override(self, room: str) -> Override:
        verbs = (*OverrideVerb, OverrideVerb.SET, OverrideVerb.SET)
        verb = self.chance.choice(verbs)
        blank = Override(0, room, verb, 0.0, None, "person")
        some = tuple(sorted(self.chance.sample(LABELS, self.chance.choice((1, 2)))))
        match verb:
            case OverrideVerb.SET:
                fields = self.chance.choice(_FIELDS)
                return replace(blank, labels=some[:1], fields=fields)
            case OverrideVerb.MUTE_ALL | OverrideVerb.ONLY:
                return replace(blank, labels=some)
            case OverrideVerb.MODE:
                names = ("normal", *(mode.name for mode in MODES))
                return replace(blank, mode=self.chance.choice(names))
            case _:
                return blank
