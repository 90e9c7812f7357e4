"""The shard engine in a real PostgreSQL, and daemons' holders without the daemons."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field

import psycopg
import pytest

from reconciler.scale.direct_connection import direct_conninfo
from reconciler.scale.engine_schema import install
from reconciler.scale.shard_engine import ShardEngine, open_engine
from reconciler.scale.shard_holder import ShardHolder
from tests.database_pool import DatabasePool
from tests.postgres_server import Server

SHARDS = 12


@pytest.fixture(scope="session")
def engine_pool(server: Server) -> Iterator[DatabasePool]:
    """Databases with the engine's tables alone."""
    template = server.create()
    asyncio.run(install(direct_conninfo(server.url(template))))
    with closing(DatabasePool(server, template)) as made:
        yield made


@pytest.fixture
def conninfo(server: Server, engine_pool: DatabasePool) -> Iterator[str]:
    """A database with the engine's tables."""
    with engine_pool.database() as name:
        yield direct_conninfo(server.url(name))


@pytest.fixture
async def engine(conninfo: str) -> AsyncIterator[ShardEngine]:
    async with open_engine(conninfo) as opened:
        yield opened


@dataclass
class Place:
    """Daemons on one database, as far as they hold shards; each has its own clock."""

    conninfo: str
    stack: AsyncExitStack
    shards: int = SHARDS
    now: float = 1000.0
    holders: list[ShardHolder] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)

    async def join(self) -> ShardHolder:
        """A daemon that starts."""
        engine = await self.stack.enter_async_context(open_engine(self.conninfo))
        number = len(self.holders)
        holder = ShardHolder(
            engine,
            self.shards,
            {"name": f"node {number}"},
            lambda: self.now,
            lambda: self.changes.append(number),
        )
        self.holders.append(holder)
        return holder

    async def ticks(self, count: int = 1) -> None:
        """Seconds in which every daemon that runs does its work."""
        for _ in range(count):
            self.now += 1.0
            for each in self.holders:
                await each.tick()

    def dies(self, holder: ShardHolder) -> None:
        """The process is gone, or frozen: nothing is given back."""
        self.holders.remove(holder)

    def silence(self, holder: ShardHolder, seconds: float = 60.0) -> None:
        """The last heartbeat of *holder* was *seconds* ago, by the server's clock."""
        self.sql(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat "
            "- make_interval(secs => %s) WHERE id = %s",
            seconds,
            holder._worker,
        )

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def held(self) -> list[int]:
        """How many shards each daemon that runs holds, by joining."""
        return [len(each.held) for each in self.holders]

    def all_held_once(self) -> bool:
        held = [shard for each in self.holders for shard in each.held]
        return sorted(held) == list(range(self.shards))


@pytest.fixture
async def place(conninfo: str) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        yield Place(conninfo, stack)
