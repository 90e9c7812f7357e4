"""What a day brings, cycle by cycle, all of it decided by the seed.

A cycle is some minutes of trouble and then a pause. Every sixth cycle brings
nothing: a night, in which the rooms are looked at and left alone.
"""

import random
from dataclasses import dataclass

from msgspec.structs import replace

from reconciler.model.roster import Limits, Member, OnChange, Roster, Unlisted
from reconciler.play.scenarios.editor import LABELS, Editor
from reconciler.play.scenarios.generate import STRANGERS, _Maker
from reconciler.play.scenarios.scenario import (
    Break,
    Declare,
    Happening,
    PhoneDialsIn,
    PhoneHangsUp,
    Scenario,
)
from reconciler.play.scenarios.trouble import CALM, TroubleRates
from reconciler.simulator.exchange.people import Subscriber
from reconciler.simulator.webhooks.delivery_fault import (
    DeliveryFault,
    DeliveryFaultKind,
)

TROUBLE = 360.0
CYCLE = 600.0
"""Seconds of trouble, and from the start of a cycle to that of the next."""

NIGHT_EVERY = 6
OUTAGE = 60.0
_PLAIN = (("timeout", 5),)


@dataclass(frozen=True, slots=True)
class Restart:
    """The daemon ends, and another begins ``away`` seconds later.

    ``crash`` is how many callbacks later it dies; None asks it to stop.
    """

    crash: int | None
    away: float


@dataclass(frozen=True, slots=True)
class Away:
    """The database is away for ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Spoil:
    """A webhook goes astray."""

    mishap: DeliveryFault


Step = Happening | Restart | Away | Spoil


@dataclass(frozen=True, slots=True)
class Cycle:
    """Steps by seconds from its start, in order."""

    steps: tuple[tuple[float, Step], ...]
    rates: TroubleRates

    @property
    def night(self) -> bool:
        """Whether nothing happens."""
        return not self.steps


class Hand(Editor):
    """Edits rosters of any number of rooms; few edits wait for a person's word."""

    def __init__(self, chance: random.Random, rooms: tuple[str, ...]) -> None:
        super().__init__(chance)
        self.rooms = rooms

    def member(self, label: str, room: str) -> Member:
        """A timeout that changes would have to be redialed: that is to be rare."""
        made = replace(super().member(label, "line"), to=self.number(label, room))
        return made if self.maybe(0.05) else replace(made, create_only=_PLAIN)

    def number(self, label: str, room: str) -> str:
        """Where a member is rung unless somebody edits that."""
        if label == "bob":
            return f"client:bob-{room}?team=a"
        place = self.rooms.index(room) * 10 + LABELS.index(label)
        return f"+1555100{place:04d}"

    def whole(self, room: str) -> Roster:
        """Everybody is listed: whoever waits for a person's word is listed too."""
        members = [self.member(label, room) for label in LABELS]
        return replace(self.roster(room), members=tuple(self.paired(members)))

    def last(self, room: str) -> Roster:
        """What the day ends with; nothing of it may be withheld or awaited."""
        members = [
            replace(
                self.member(label, room),
                announcements=(),
                write_only=(),
                hold=False,
                on_change=OnChange.REDIAL,
            )
            for label in LABELS
        ]
        members[-1] = replace(members[-1], coaching="ann")
        return Roster(
            room=room,
            members=tuple(members),
            unlisted=Unlisted.KEEP,
            limits=Limits(removals=50, rings=50),
        )


class Author(_Maker):
    """Writes cycles; the same seed and number give the same ones in turn."""

    def __init__(self, seed: int, rooms: tuple[str, ...]) -> None:
        super().__init__(seed)
        self.rooms: tuple[str, ...] = rooms  # type: ignore[assignment]
        self.horizon = TROUBLE
        self.hand = Hand(self.chance, rooms)
        self.rosters = {room: self.hand.roster(room) for room in rooms}

    def scenario(self) -> Scenario:
        pace = self.chance.choice((1.0, 5.0))
        return Scenario(
            seed=self.seed,
            rooms=self.rooms,
            steps=(),
            people=self.described(),
            switches=self.switches(),
            calls_per_second=pace,
            pace=pace,
            page_size=self.chance.choice((1000, 2)),
        )

    def described(self) -> dict[str, Subscriber]:
        return {
            self.hand.number(label, room): self.person()
            for room in self.rooms
            for label in LABELS
            if self.maybe(0.6)
        }

    def cycle(self, number: int) -> Cycle:
        """The cycle of a number, counted from 0; to be asked for in order."""
        self.chance = random.Random(f"cycle {number} of {self.seed}")  # noqa: S311 - repeatable on purpose
        self.hand.chance = self.chance
        if number % NIGHT_EVERY == NIGHT_EVERY - 1:
            return Cycle((), CALM)
        steps = [
            *self.edits_of_all(),
            *self.crowd(),
            *self.every_minute(),
            *self.ends(),
            *self.astray(),
        ]
        ordered = tuple(sorted(steps, key=lambda each: each[0]))
        return Cycle(ordered, self.rates())

    def edits_of_all(self) -> list[tuple[float, Step]]:
        """Some rosters are edited; now and then one is written anew."""
        steps: list[tuple[float, Step]] = []
        for room in self.rooms:
            for at in sorted(self.when() for _ in range(self.chance.choice((0, 1, 2)))):
                fresh = self.maybe(0.25)
                was = self.rosters[room]
                now = self.hand.whole(room) if fresh else self.hand.edited(was)
                self.rosters[room] = now
                steps.append((at, Declare(now)))
        return steps

    def crowd(self) -> list[tuple[float, Step]]:
        """People come, go, and are meddled with."""
        many = self.chance.randint(6, 20)
        return [(self.when(), self.somebody()) for _ in range(many)]

    def somebody(self) -> Happening:
        """Somebody does something, at times a stranger who leaves."""
        room, label = self.chance.choice(self.rooms), self.chance.choice(LABELS)
        made = self.outcome("line", label)
        if self.maybe(0.1):
            return PhoneHangsUp(self.chance.choice(STRANGERS))
        if isinstance(made, PhoneDialsIn):
            mine = self.hand.number(label, room).partition("?")[0]
            sender = made.sender if made.sender in STRANGERS else mine
            return PhoneDialsIn(room, sender, made.label)
        return made

    def every_minute(self) -> list[tuple[float, Step]]:
        """Faults, some in each minute."""
        return [
            (minute * 60.0 + self.chance.uniform(0.0, 60.0), Break(self.fault()))
            for minute in range(int(TROUBLE // 60))
            for _ in range(self.chance.choice((1, 1, 2, 3)))
        ]

    def ends(self) -> list[tuple[float, Step]]:
        """What befalls the daemon and its database."""
        steps: list[tuple[float, Step]] = []
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            crash = None if self.maybe(0.4) else self.chance.randint(1, 400)
            away = self.chance.choice((0.0, 1.0, 20.0))
            steps.append((self.when(), Restart(crash, away)))
        if self.maybe(0.3):
            steps.append((self.chance.uniform(0.0, TROUBLE - OUTAGE), Away(OUTAGE)))
        return steps

    def astray(self) -> list[tuple[float, Step]]:
        """Webhooks are lost, doubled, late and out of order."""
        return [
            (
                self.when(),
                Spoil(
                    DeliveryFault(
                        self.chance.choice(list(DeliveryFaultKind)),
                        times=self.chance.choice((1, 3)),
                        seconds=self.chance.choice((1.0, 10.0)),
                    )
                ),
            )
            for _ in range(self.chance.randint(2, 8))
        ]
