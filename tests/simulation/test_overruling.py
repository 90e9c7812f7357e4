"""Overrides and rollbacks in the simulation: promises kept, and orders that do not matter."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Version
from reconciler.engine.ports import Lease
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Limits
from reconciler.play.in_memory.roster_store import RosterStore
from reconciler.play.scenarios.editor import Editor
from reconciler.play.scenarios.overruled import MODES, has_overrides
from reconciler.play.scenarios.scenario import (
    Declare,
    Happening,
    Meddle,
    Overrule,
    RollBack,
    Scenario,
    StartProcess,
    Unpin,
)
from reconciler.play.seed_result import play_seed
from reconciler.play.world.process_store import ProcessStore
from reconciler.play.world.product import Mutation
from reconciler.play.world.run import Report, run
from reconciler.simulator.exchange.behavior import Switches
from tests.sample_size import sample_size
from tests.simulation.crashes import ANN, BOTH, ROOM
from tests.simulation.test_guards import broken, scenario

pytestmark = pytest.mark.no_cover

ROSTERS = 15


@pytest.mark.parametrize("first", [150, 190, 230])
def test_no_promise_is_broken_of_overrides_and_rollbacks(first: int) -> None:
    seeds = range(first, first + sample_size(8, 40))
    done = [play_seed(seed) for seed in seeds if has_overrides(seed)]
    assert [(each.seed, each.broken) for each in done if each.broken] == []


def override(verb: OverrideVerb, **more: object) -> Override:
    return replace(Override(0, ROOM, verb, 0.0, None, "sue"), **more)


class Timeless:
    """A store to which no roster is ever over."""

    def __init__(self, inner: RosterStore) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    async def advance(self, now: float) -> tuple[str, ...]:  # noqa: ARG002 - that is the point
        return ()

    async def desired(self, room: str, now: float) -> Desired | None:
        return _endless(await self.inner.desired(room, now))

    async def version(self, lease: Lease, now: float) -> Version | None:
        found = await self.inner.version(lease, now)
        return None if found is None else replace(found, due=False)

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        found = await self.inner.read(rooms, now)
        return {room: (_endless(x), ledger) for room, (x, ledger) in found.items()}


def _endless(found: Desired | None) -> Desired | None:
    return None if found is None else replace(found, effective_until=None)


def test_an_override_that_counts_after_its_end_is_noticed() -> None:
    silent = replace(BOTH, members=(replace(ANN, muted=True), *BOTH.members[1:]))
    speaks = override(OverrideVerb.SET, labels=("ann",), fields=(("muted", False),))
    story = scenario(
        (0.0, Declare(silent)),
        (0.1, StartProcess("a", rest=1.0)),
        (8.0, Overrule(speaks, 3.0)),
        (16.0, Meddle("ann", {"Muted": "true"})),
    )
    assert broken(run(story)) == set()
    timeless = run(story, mutation=Mutation(store=_timeless))
    assert "outdated" in broken(timeless)


def _timeless(store: RosterStore) -> RosterStore:
    assert isinstance(store, ProcessStore)
    return Timeless(store)  # type: ignore[return-value]


def edits(chance: random.Random) -> tuple[Scenario, list[Happening]]:
    """A room, and edits of it of which each concerns something else."""
    editor = Editor(chance)
    roster = replace(editor.roster(ROOM), limits=Limits(removals=9))
    labels = [each.label for each in roster.members]
    first, second, *_ = chance.sample(labels, len(labels))
    said: list[Happening] = [
        Overrule(override(OverrideVerb.SET, labels=(label,), fields=((field, value),)))
        for label, field, value in (
            (first, "muted", chance.random() < 0.5),
            (first, "hold", chance.random() < 0.5),
            (second, "muted", chance.random() < 0.5),
        )
    ]
    mode = chance.choice(MODES).name
    said.append(Overrule(override(OverrideVerb.MODE, mode=mode)))
    said.append(Declare(replace(roster, unlisted=editor.roster(ROOM).unlisted)))
    if chance.random() < 0.3:
        said.append(Overrule(override(OverrideVerb.END)))
    base = Scenario(
        seed=0,
        rooms=(ROOM,),
        steps=((0.0, Declare(roster)), (0.1, StartProcess("a", rest=1.0))),
        people={},
        switches=Switches(),
        modes=MODES,
        horizon=40.0,
    )
    return base, said


def lived(base: Scenario, said: Sequence[Happening]) -> Report:
    steps = tuple((12.0 + 2.0 * n, each) for n, each in enumerate(said))
    return run(replace(base, steps=(*base.steps, *steps)))


def end_of(report: Report) -> tuple[str, Counter[object]]:
    """The last pass's word, and who is in the room as what."""
    world = report.world
    state = world.exchange.state
    people = Counter[object](
        (leg.label, leg.muted, leg.hold, bool(leg.coaching))
        for conference in state.conferences.values()
        if conference.live
        for leg in state.connected(conference.sid)
    )
    return str(report.last[ROOM].state), people


@pytest.mark.parametrize("seed", range(ROSTERS))
def test_the_same_edits_end_alike_in_every_order_and_after_being_rolled_back(
    seed: int,
) -> None:
    check_orders(seed)


def check_orders(seed: int) -> None:
    chance = random.Random(f"orders {seed}")  # noqa: S311 - repeatable on purpose
    base, said = edits(chance)
    detour: list[Happening] = [RollBack(ROOM, 1), Unpin(ROOM)]
    other: list[Happening] = chance.sample(said, len(said))
    orders: list[list[Happening]] = [said, other, [*said, *detour]]
    reports = [lived(base, each) for each in orders]
    assert [each.journal.violations for each in reports] == [[], [], []]
    first, *others = map(end_of, reports)
    assert first[0] in {RoomPhase.CONVERGED, RoomPhase.STALLED}
    assert others == [first, first]
