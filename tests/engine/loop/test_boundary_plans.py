"""What a plan for an instant shows is what the daemon sends at that instant."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import ObservableRoom, evaluate
from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Limits, RoomState
from reconciler.model.schedule import Once, Period
from reconciler.operations.load_outcome import BeforeLoad, after_load
from reconciler.simulator.exchange.checked_form import Fields
from tests.engine.caller import Caller
from tests.engine.world import START, World, member, roster, run

ROOM = "support-line"
AT = START + 90.0
LABELS = ("ann", "bob", "cara", "dan")
Sent = Counter[str]


def drawn(chance: random.Random) -> tuple[Declaration, tuple[Override, ...]]:
    """A room that changes at AT: by its schedule, by hours, or by an override's end."""
    flag = (None, True, False)
    people = [
        member(x, muted=chance.choice(flag), hold=chance.choice(flag)) for x in LABELS
    ]
    fields = [
        (x, ((chance.choice(("hold", "muted")), chance.random() < 0.5),))
        for x in LABELS[:3]
    ]
    quiet = Mode("quiet", tuple(fields))
    window = Period(Once(*chance.choice(((AT, AT + 600), (START - 60, AT)))))
    ended = RoomState.ENDED if chance.random() < 0.15 else None
    declared = Declaration(
        replace(roster(ROOM, *people), limits=Limits(removals=9)),
        modes=(quiet,),
        schedule=(ScheduleEntry(window, mode="quiet", state=ended),),
        presences=(Presence(("dan",), (window,)),) if chance.random() < 0.5 else (),
    )
    verb = chance.choice((OverrideVerb.MUTE_ALL, OverrideVerb.ONLY))
    word = Override(0, ROOM, verb, START, AT, "sue", labels=("ann",))
    return declared, (word,) if chance.random() < 0.5 else ()


def planned(actions: Iterable[Action]) -> Sent:
    return Counter(map(_words, actions))


def _words(action: Action) -> str:
    match action:
        case Ring():
            return f"POST {action.label}"
        case Change():
            return f"POST {action.call_sid}"
        case Remove():
            return f"remove {action.call_sid}"


def sent(world: World, since: float) -> list[str]:
    """What arrived from *since* on, in the same words."""
    return [
        _arrived(each.method, each.path, each.form)
        for each in world.exchange.history.writes
        if each.at >= since
    ]


def first(requests: list[str], count: int) -> Sent:
    """Those of the first pass: where it sends nothing, no later one does."""
    return Counter(requests[:count] if count else requests)


def _arrived(method: str, path: str, form: Fields) -> str:
    sid = path.rpartition("/")[2].removesuffix(".json")
    if path.endswith("/Participants.json"):
        return f"POST {form['Label'][0]}"
    if method == "DELETE" or "Status" in form:
        return f"remove {sid if sid.startswith('CA') else None}"
    return f"POST {sid}"


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_for_a_boundary_is_what_the_daemon_sends_at_it(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose

    async def story() -> None:
        world = World()
        declared, words = drawn(chance)
        await world.declare(declared)
        if words:
            await world.store.add_overrides(words, START)
        async with world.daemon(resync=3600.0):
            await asyncio.sleep(AT - START - 1.0)
            expected = await plan_at(world, declared)
            await asyncio.sleep(2.5)
            assert first(sent(world, AT), expected.total()) == expected

    run(story)


async def plan_at(world: World, declared: Declaration) -> Sent:
    """The plan of AT, made now: as ``plan --at`` makes it."""
    now = world.loop.time()
    provider = Caller(world).provider
    stored, ledger = (await world.store.read([ROOM], now))[ROOM]
    standing = (await world.store.declared([ROOM], now))[ROOM]
    before = BeforeLoad(stored, ledger, standing.declaration, standing.overrides)
    desired, ledger = after_load(declared, before, now, AT)
    survey = await provider.survey([ROOM])
    source = ObservableRoom(ROOM, survey.of(ROOM), provider, world.loop.time)
    look = await evaluate(source, desired, replace(ledger, asked=True))
    return planned(look.plan.actions)
