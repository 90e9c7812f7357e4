"""Groups, answering machines, replacements and protection, added to a scenario.

Every fourth seed has them: each room's are drawn once and stand through all edits.
"""

import random
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.roster import (
    Group,
    GroupOrder,
    Late,
    Machine,
    Member,
    Replacement,
    Roster,
    Value,
)
from reconciler.play.scenarios.editor import LABELS, number_of
from reconciler.play.scenarios.scenario import Declare, Happening, Save, Scenario
from reconciler.simulator.exchange.people import Subscriber

ROOMS = ("line", "court")


def has_groups(seed: int) -> bool:
    """Whether the seed's rooms have groups, machines and replacements."""
    return seed % 4 == 2


def organized(scenario: Scenario) -> Scenario:
    """The scenario with some of them, or as it is."""
    if not has_groups(scenario.seed):
        return scenario
    plans = {room: _Organisation(scenario.seed, room) for room in ROOMS}
    people = dict(scenario.people)
    for plan in plans.values():
        people |= plan.people(people)
    return replace(
        scenario,
        steps=tuple((at, _told(step, plans)) for at, step in scenario.steps),
        people=people,
    )


def _told(step: Happening, plans: "Mapping[str, _Organisation]") -> Happening:
    if isinstance(step, Declare):
        return Declare(_organized(step.roster, plans))
    if isinstance(step, Save):
        rosters = tuple(_organized(roster, plans) for roster in step.rosters)
        return replace(step, rosters=rosters)
    return step


def _organized(roster: Roster, plans: "Mapping[str, _Organisation]") -> Roster:
    plan = plans.get("line" if roster.room == "annex" else roster.room)
    return plan.of(roster) if plan else roster


class _Terms(Struct, frozen=True):
    """What is declared of one label."""

    machine: Machine | None
    replaces: Replacement | None
    protect: bool
    priority: int


class _Organisation:
    def __init__(self, seed: int, room: str) -> None:
        self.room = room
        self.chance = random.Random(f"organized {seed} {room}")  # noqa: S311 - repeatable on purpose
        self.terms = {label: self._terms(label) for label in LABELS}
        names = ("dbas", "net")[: self.chance.choice((0, 1, 1, 2))]
        self.groups = tuple(self._group(name) for name in names)
        self.machines = {label for label in LABELS if self.chance.random() < 0.3}
        self.told_after = self.chance.choice((0.5, 4.0))

    def _terms(self, label: str) -> _Terms:
        chance = self.chance
        old = chance.choice([each for each in LABELS if each != label])
        replaces = Replacement(
            old, chance.choice((0.0, 2.0)), chance.choice((None, 8.0))
        )
        return _Terms(
            chance.choice(tuple(Machine)) if chance.random() < 0.5 else None,
            replaces if chance.random() < 0.2 else None,
            protect=chance.random() < 0.25,
            priority=chance.choice((1, 3, 5)),
        )

    def _group(self, name: str) -> Group:
        chance = self.chance
        return Group(
            name,
            tuple(chance.sample(LABELS, chance.choice((2, 3, 4)))),
            chance.choice((1, 1, 2)),
            chance.choice((3.0, 6.0)),
            chance.choice(tuple(GroupOrder)),
            chance.choice(tuple(Late)),
        )

    def of(self, roster: Roster) -> Roster:
        """The roster with what is declared beside it."""
        members = tuple(map(self._member, roster.members))
        there = {member.label for member in members}
        groups = tuple(
            replace(group, labels=tuple(x for x in group.labels if x in there))
            for group in self.groups
            if there.intersection(group.labels)
        )
        return replace(roster, members=members, groups=groups)

    def _member(self, member: Member) -> Member:
        terms = self.terms.get(member.label)
        if terms is None:
            return member
        member = replace(
            member,
            replaces=terms.replaces,
            protect=terms.protect,
            priority=terms.priority,
        )
        if terms.machine is None:
            return member
        asks: dict[str, Value] = {
            "machine_detection": "Enable",
            "machine_detection_timeout": 3,
        }
        fields = tuple(sorted({**dict(member.create_only), **asks}.items()))
        return replace(member, machine=terms.machine, create_only=fields)

    def people(self, known: Mapping[str, Subscriber]) -> dict[str, Subscriber]:
        """Machines that answer at some of the numbers."""
        numbers = (number_of(x, self.room).partition("?")[0] for x in self.machines)
        return {
            number: replace(
                known.get(number, Subscriber()),
                machine=True,
                told_after=self.told_after,
            )
            for number in numbers
        }
