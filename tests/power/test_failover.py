"""A PostgreSQL server is lost just as a create leaves; its standby takes its place."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest

from reconciler.model.errors import StoreError
from reconciler.store.migration import upgrade_at
from tests.engine.world import World, run
from tests.power.replication import Replicated, replicated
from tests.power.syncing import DECLARED, new_caller, new_world
from tests.simulation.bridge import opened

pytestmark = [pytest.mark.no_cover, pytest.mark.process]


@pytest.fixture
def servers() -> Iterator[Replicated]:
    with replicated() as made:
        yield made


def _declared(servers: Replicated) -> str:
    """A database with the room, on both servers."""
    name = servers.server.create()
    url = servers.server.url(name)
    asyncio.run(upgrade_at(url))

    async def story() -> None:
        with opened(url) as store:
            await new_caller(new_world(), store).declare(DECLARED)

    run(story)
    servers.catch_up()
    return name


async def _lost_as_a_create_leaves(
    world: World, servers: Replicated, name: str
) -> None:
    with opened(servers.server.url(name)) as store:
        caller = new_caller(world, store)

        def lose(creates: int) -> None:
            if creates == 1:
                servers.kill()

        caller.wire.hook = lose
        with suppress(StoreError):
            await caller.follow_all(within=30)


def _rung_after_failover(servers: Replicated, name: str) -> Counter[str | None]:
    """How often each rang: a sync that loses its server, and one on the standby."""
    rung: Counter[str | None] = Counter()

    async def story() -> None:
        world = new_world()
        await _lost_as_a_create_leaves(world, servers, name)
        servers.promote()
        with opened(servers.url(name)) as store:
            await new_caller(world, store).follow_all(within=60)
        world.exchange.catch_up()
        rung.update(each.label for each in world.exchange.history.rings)

    run(story)
    return rung


def test_without_a_synchronous_standby_the_last_create_is_repeated(
    servers: Replicated,
) -> None:
    name = _declared(servers)
    servers.disconnect()
    rung = _rung_after_failover(servers, name)
    assert sorted(rung.values()) == [1, 1, 2]


def test_with_a_synchronous_standby_nobody_is_rung_twice(servers: Replicated) -> None:
    name = _declared(servers)
    servers.configure("synchronous_standby_names", "*")
    servers.configure("synchronous_commit", "local")
    servers.disconnect()
    later = threading.Timer(1.0, servers.connect)
    later.start()
    rung = _rung_after_failover(servers, name)
    later.join()
    assert rung == Counter({each.label: 1 for each in DECLARED.members})
