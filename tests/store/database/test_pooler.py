"""Behind a pooler in transaction mode no statement of another client is run."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from reconciler.store.opening import open_store
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.pooler import own_pooler, pooled
from tests.postgres_server import Server
from tests.store.samples import ANN, NOW, load, roster

pytestmark = pytest.mark.process

ROOMS = tuple(f"room {n}" for n in range(12))


@pytest.fixture
def direct(server: Server, template: str) -> str:
    return server.url(server.create(template))


@pytest.fixture
def behind(direct: str, tmp_path: Path) -> Iterator[str]:
    with pooled(direct, tmp_path) as url:
        yield url


async def worked(store: SqlStore, room: str) -> set[str]:
    """The rooms that many reads and writes of one gave."""
    await load(store, roster(ANN, room=room))
    names = set()
    for _ in range(9):
        await store.redial(Decision(room, NOW, "ops"), "ann")
        desired = await store.desired(room, NOW)
        assert desired is not None
        names.add(desired.roster.room)
    return names


async def test_several_processes_work_through_a_pooler_in_transaction_mode(
    behind: str,
) -> None:
    async with AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(await open_store(behind)) for _ in ROOMS
        ]
        work = (worked(store, room) for store, room in zip(stores, ROOMS, strict=True))
        found = await asyncio.gather(*work)
    assert found == [{room} for room in ROOMS]


async def test_statements_are_prepared_on_a_connection_to_the_server_itself(
    direct: str, behind: str
) -> None:
    prepared = []
    for url in (direct, behind):
        async with await open_store(url) as store:
            prepared.append(
                await store.database.read(
                    lambda it: it.connection.driver_connection.prepare_threshold  # type: ignore[union-attr]
                )
            )
            assert await store.database.read(lambda it: it.scalar(text("SELECT 1")))
    assert prepared == [5, None]


def prepare_often(*clients: psycopg.Connection[tuple[object, ...]]) -> None:
    for _ in range(9):
        for each in clients:
            each.execute("SELECT 1", prepare=True)
            each.commit()


def test_the_pooler_of_the_tests_mixes_up_what_two_clients_prepare(
    direct: str, tmp_path: Path
) -> None:
    with (
        pooled(direct, tmp_path, own_pooler) as url,
        psycopg.connect(url) as one,
        psycopg.connect(url) as other,
        pytest.raises(psycopg.Error, match="prepared statement"),
    ):
        prepare_often(one, other)
