"""``python -m tests.planning.orders --seeds 1000``: edits of a room in every order.

A random roster with modes, a schedule and hours of a member is edited: by overrides of
different things, by its file, by a mode, and by detours: overrides that end or are
taken back, and a rollback that is unpinned. The store says what is declared; a small
world of one room follows it, pass by pass. Whatever the order, the same people are at
the end in the same state, and nobody is heard or called meanwhile who is not to be.
"""

import argparse
import asyncio
import dataclasses
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Limits, Member, Roster, Unlisted
from reconciler.model.schedule import Once, Period
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from tests.planning.world import NOW, World

ROOM = "line"
LABELS = ("ann", "bob", "cara", "dan", "eve")
STRANGER = "+15559990001"
STEP = 10.0
"""Seconds between two edits."""

PASSES = 12
"""Passes within which the room is at rest after an edit."""

MODES = (
    Mode("quiet", tuple((x, (("muted", True),)) for x in LABELS[:3])),
    Mode(
        "apart",
        tuple((x, (("hold", x not in LABELS[:2]),)) for x in LABELS),
        Unlisted.HOLD,
    ),
)


@dataclass(frozen=True, slots=True)
class Load:
    """The file is edited."""

    file: Declaration


@dataclass(frozen=True, slots=True)
class Say:
    """Somebody overrides; it ends by itself after so many ``seconds``, if any."""

    override: Override
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Unsay:
    """Somebody takes the newest override of a label's field back."""

    label: str
    field: str


@dataclass(frozen=True, slots=True)
class GoBack:
    """Somebody restores the first generation."""


@dataclass(frozen=True, slots=True)
class Unpin:
    """The file counts again."""


Edit = Load | Say | Unsay | GoBack | Unpin
End = tuple[Roster, Counter[tuple[object, ...]]]


class _Drawer:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"orders {seed}")  # noqa: S311 - repeatable on purpose

    def file(self) -> Declaration:
        chance = self.chance
        labels = chance.sample(LABELS, chance.randint(2, 5))
        members = tuple(self.member(label) for label in labels)
        if len(members) > 2 and chance.random() < 0.4:
            members = (replace(members[0], coaching=labels[1]), *members[1:])
        unlisted = chance.choice((Unlisted.KEEP, Unlisted.MUTE, Unlisted.HOLD))
        roster = Roster(ROOM, members, unlisted=unlisted, limits=Limits(removals=99))
        entries = tuple(self.entry() for _ in range(chance.choice((0, 1, 2))))
        hours = tuple(
            Presence((x,), (self.period(),))
            for x in labels[2:]
            if chance.random() < 0.3
        )
        return Declaration(roster, MODES, schedule=entries, presences=hours)

    def member(self, label: str) -> Member:
        number = f"+1555123000{LABELS.index(label)}"
        flag = (None, True, False)
        return Member(
            label,
            number,
            "+15550005550",
            muted=self.chance.choice(flag),
            hold=self.chance.choice(flag) if self.chance.random() < 0.5 else None,
        )

    def period(self) -> Period:
        start = NOW + self.chance.uniform(0.0, 80.0)
        return Period(Once(start, start + self.chance.uniform(5.0, 60.0)))

    def entry(self) -> ScheduleEntry:
        return ScheduleEntry(self.period(), self.chance.choice(("quiet", "apart")))

    def edited(self, file: Declaration) -> Declaration:
        """The file with somebody else in it, and another word on strangers."""
        roster, chance = file.roster, self.chance
        free = [x for x in LABELS if roster.member(x) is None]
        members = roster.members
        if free and chance.random() < 0.6:
            members = (*members, self.member(chance.choice(free)))
        members = (*members[:-1], replace(members[-1], muted=chance.random() < 0.5))
        return replace(file, roster=replace(roster, members=members))

    def units(self, file: Declaration) -> list[list[Edit]]:
        """Edits of which each concerns something else, and detours."""
        chance = self.chance
        labels = [each.label for each in file.roster.members]
        first, second = chance.sample(labels, 2)
        units: list[list[Edit]] = [[Load(self.edited(file))]]
        units.append([Say(said(OverrideVerb.MODE, mode=chance.choice(MODES).name))])
        if chance.random() < 0.5:
            units.append([Say(said(OverrideVerb.MUTE_ALL, labels=(first,)))])
        else:
            units.append([self.set(first, "muted")])
            units.append([self.set(second, "muted")])
        if chance.random() < 0.3:
            units.append([Say(said(OverrideVerb.ONLY, labels=(first,)))])
        else:
            units.append([self.set(first, "hold")])
        detour: list[Edit] = [self.set(second, "hold"), Unsay(second, "hold")]
        if chance.random() < 0.5:
            detour = [dataclasses.replace(self.set(second, "hold"), seconds=15.0)]
        return [*units, detour, [GoBack(), Unpin()]]

    def set(self, label: str, field: str) -> Say:
        fields = ((field, self.chance.random() < 0.5),)
        return Say(said(OverrideVerb.SET, labels=(label,), fields=fields))


def said(verb: OverrideVerb, **more: object) -> Override:
    return replace(Override(0, ROOM, verb, 0.0, None, "sue"), **more)


def merged(units: Sequence[Sequence[Edit]], chance: random.Random) -> Iterator[Edit]:
    """The edits in an order in which each unit keeps its own."""
    left = [list(each) for each in units]
    while left:
        unit = chance.choice(left)
        yield unit.pop(0)
        left = [each for each in left if each]


async def live(file: Declaration, edits: Sequence[Edit]) -> tuple[End, list[str]]:
    """What the room comes to, and whom it wronged meanwhile."""
    store, now = InMemoryStore(), NOW
    await store.load([file], folder=None, now=now, cause="test")
    world = World(await _declared(store, now))
    world.join(STRANGER, inbound=True)
    settle(world)
    for edit in edits:
        await _advance(store, world, now + STEP)
        now += STEP
        await _edit(store, edit, now)
        await _follow(store, world, now)
    await _advance(store, world, now + 300.0)
    people = Counter[tuple[object, ...]](
        (leg.label, leg.muted, leg.hold, _coached(world, leg.call_sid_to_coach))
        for leg in world.legs.values()
        if leg.connected and not _waits(world, leg.label)
    )
    end = replace(world.roster, source=""), people
    return end, [*world.harmed, *world.doubled]


def _waits(world: World, label: str | None) -> bool:
    """Whether somebody coaches one who is on hold: whoever was not in is not called."""
    member = world.roster.member(label or "")
    coached = member.coaching if member else None
    legs = [each for each in world.legs.values() if each.label == coached]
    return isinstance(coached, str) and all(each.hold for each in legs)


def _coached(world: World, call_sid: str | None) -> str | None:
    leg = world.legs.get(call_sid or "")
    return None if leg is None else leg.label


async def _advance(store: InMemoryStore, world: World, until: float) -> None:
    """Let time pass, over each boundary on the way."""
    while (at := await store.next_boundary()) is not None and at <= until:
        await store.advance(at)
        await _follow(store, world, at)
    world.now = until
    settle(world)


async def _declared(store: InMemoryStore, now: float) -> Roster:
    found = await store.desired(ROOM, now)
    assert found is not None
    return found.roster


async def _follow(store: InMemoryStore, world: World, now: float) -> None:
    roster = await _declared(store, now)
    world.now = now
    if roster != world.roster:
        world.load(roster)
    settle(world)


def settle(world: World) -> None:
    """Passes until nothing is left to be done."""
    for _ in range(PASSES):
        acted = world.make_pass().actions
        world.answer()
        if not acted:
            return
        world.now += 1.0


async def _edit(store: InMemoryStore, edit: Edit, now: float) -> None:
    match edit:
        case Load(file):
            await store.load([file], folder=None, now=now, cause="test")
        case Say(override, seconds):
            until = None if seconds is None else now + seconds
            await store.add_overrides([replace(override, at=now, until=until)], now)
        case Unsay(label, field):
            stand = (await store.declared([ROOM], now))[ROOM].overrides
            mine = [
                each.id
                for each in stand
                if each.labels == (label,) and field in dict(each.fields)
            ]
            await store.end_overrides(Decision(ROOM, now, "sue"), mine[-1:])
        case GoBack():
            await store.rollback(Rollback(ROOM, 1, "sue"), now)
        case Unpin():
            await store.unpin(Decision(ROOM, now, "sue"))


def check_orders(seed: int, orders: int = 4) -> list[str]:
    """What is wrong with some orders of the edits of a seed."""
    drawer = _Drawer(seed)
    file = drawer.file()
    units = drawer.units(file)
    played = [list(merged(units, drawer.chance)) for _ in range(orders)]
    ends = [asyncio.run(live(file, each)) for each in played]
    wrong = [f"{word}" for _, words in ends for word in words]
    first = ends[0][0]
    for edits, (end, _) in zip(played[1:], ends[1:], strict=True):
        if end != first:
            wrong.append(f"{end[1] - first[1]} instead of {first[1] - end[1]}: {edits}")
    return wrong


def main() -> int:
    """Run what is asked for; 1 if an order mattered."""
    parser = argparse.ArgumentParser(prog="python -m tests.planning.orders")
    parser.add_argument("--seeds", type=int, default=1000, help="how many to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    asked = parser.parse_args()
    wrong = {
        seed: found
        for seed in range(asked.first, asked.first + asked.seeds)
        if (found := check_orders(seed))
    }
    for seed, found in list(wrong.items())[:10]:
        sys.stdout.write(f"seed {seed}: {found[0]}\n")
    sys.stdout.write(
        f"{asked.seeds} rosters, {len(wrong)} in which the order matters\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
