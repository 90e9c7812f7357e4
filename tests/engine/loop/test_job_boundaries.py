"""What of the five jobs in desired/ happens by itself, on virtual time."""

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from reconciler.files import load
from reconciler.model.declaration import Declaration, Override, OverrideVerb
from reconciler.play.world.virtual_loop import VirtualLoop
from reconciler.simulator.exchange.people import ALWAYS, People, Subscriber
from tests.engine.world import World
from tests.planning.zones import utc

DESIRED = Path(__file__).parents[3] / "desired"
EVENING = utc("2026-12-01T17:00")
"""18:00 in Berlin."""

AUDIENCE = 248
"""With both speakers as many as a conference takes."""


def live(story: Callable[[], Coroutine[Any, Any, None]], start: float) -> None:
    loop = VirtualLoop(seed=0, start=start)
    try:
        loop.run_until_complete(story())
    finally:
        loop.end()


def declared(folder: Path, room: str) -> Declaration:
    loading = load([folder], os.environ)
    (found,) = (each for each in loading.declarations if each.room == room)
    return found


def heard(world: World) -> set[str | None]:
    legs = world.legs("webinar").items()
    return {label for label, leg in legs if leg.connected and not leg.muted}


def test_three_of_a_webinar_of_250_speak_for_two_minutes_and_are_silent_again(
    tmp_path: Path,
) -> None:
    for name in ("people.yaml", "webinar.yaml"):
        shutil.copy(DESIRED / name, tmp_path)
    rows = [f"p{n:03},+1555020{n:04}" for n in range(AUDIENCE)]
    (tmp_path / "audience.csv").write_text("\n".join(["label,to", *rows]), "utf-8")
    speakers, three = {"host", "guest"}, {"p007", "p031", "p112"}

    async def story() -> None:
        world = World()
        await world.declare(declared(tmp_path, "webinar"))
        async with world.daemon(resync=3600.0):
            await asyncio.sleep(120)
            assert len(world.legs("webinar")) == AUDIENCE + 2
            assert heard(world) == speakers
            joined = {x.label: x for x in world.exchange.history.exposures}
            assert set(joined) == speakers
            now = world.loop.time()
            await world.store.add_overrides(
                [_speaks(each, now, now + 120) for each in sorted(three)], now
            )
            world.store.decide_on("webinar", "sue")
            await asyncio.sleep(5)
            assert heard(world) == speakers | three
            await asyncio.sleep(now + 119 - world.loop.time())
            assert heard(world) == speakers | three
            await asyncio.sleep(3)
            assert heard(world) == speakers
        rung = Counter(each.label for each in world.exchange.history.rings)
        assert set(rung.values()) == {1}

    live(story, EVENING)


def _speaks(label: str, at: float, until: float) -> Override:
    return Override(
        0,
        "webinar",
        OverrideVerb.SET,
        at,
        until,
        "sue",
        "a question",
        (label,),
        (("muted", False),),
    )


async def sampled(world: World, until: float) -> list[tuple[float, set[str | None]]]:
    """Which interpreters are connected, ten times a second."""
    samples = []
    while world.loop.time() < until:
        legs = world.legs("interpreter-line").items()
        inside = {x for x, leg in legs if leg.connected and x != "clinic"}
        samples.append((world.loop.time(), inside))
        await asyncio.sleep(0.1)
    return samples


async def hand_over(evening: Subscriber) -> tuple[World, list[set[str | None]]]:
    """The line from ten minutes before to ten minutes after 18:00."""
    world = World(people=People({"+15550100503": evening}))
    await world.declare(declared(DESIRED, "interpreter-line"))
    async with world.daemon():
        await asyncio.sleep(60)
        samples = await sampled(world, EVENING + 600)
    before = [inside for at, inside in samples if at < EVENING]
    assert set(map(frozenset, before)) == {frozenset({"interp-day"})}
    return world, [inside for at, inside in samples if at >= EVENING]


def test_an_interpreter_is_connected_at_every_instant_of_the_hand_over() -> None:
    async def story() -> None:
        world, samples = await hand_over(Subscriber(answers_after=12.0))
        assert all(samples)
        both = samples.count({"interp-day", "interp-evening"})
        assert 50 <= both <= 150
        assert samples[-1] == {"interp-evening"}
        rings = [x for x in world.exchange.history.rings if x.label == "interp-evening"]
        assert [0 <= each.at - EVENING < 2 for each in rings] == [True]

    live(story, EVENING - 600)


@pytest.mark.parametrize(
    "evening",
    [Subscriber(busy=ALWAYS), Subscriber(hangs_up_after=2.0)],
    ids=["busy", "goes again"],
)
def test_the_day_stays_and_a_person_is_told_where_the_evening_does_not_take_over(
    evening: Subscriber,
) -> None:
    async def story() -> None:
        world, samples = await hand_over(evening)
        assert all("interp-day" in each for each in samples)
        told = [x for x in world.store.tables.events if x.kind == "member.stalled"]
        assert any("nobody has taken over" in each.message for each in told)

    live(story, EVENING - 600)
