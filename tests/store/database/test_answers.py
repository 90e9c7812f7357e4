"""Statements that are sent together to PostgreSQL, and connections that it closed."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text

from reconciler.model.errors import StoreError
from reconciler.store.database import postgresql_engine
from reconciler.store.database.answers import DIRECT, BoundStatement, answers
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.postgres_server import Server
from tests.store.samples import ANN, BOB, NOW, ROOM, draft, load, roster, take

_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def store(server: Server, template: str) -> AsyncIterator[SqlStore]:
    async with await open_store(server.url(server.create(template))) as opened:
        yield opened


async def test_a_room_reads_the_same_together_and_one_by_one(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    await store.open_attempts(await take(store), [draft()], NOW)

    def one_by_one(connection: Connection) -> None:
        assert connection.info.pop(DIRECT)

    together = await store.read((ROOM, "other"), NOW)
    await store.database.read(one_by_one)
    assert await store.read((ROOM, "other"), NOW) == together
    assert together[ROOM][1].records["ann"].attempts


async def test_a_statement_that_fails_among_others_is_a_store_error(
    store: SqlStore,
) -> None:
    def work(connection: Connection) -> None:
        wrong = BoundStatement(text("SELECT 1 / CAST(:zero AS integer)"), {"zero": 0})
        answers(connection, (wrong, BoundStatement(text("SELECT 1 AS one"), {})))

    with pytest.raises(StoreError, match="division by zero"):
        await store.database.read(work)
    assert await store.read((ROOM,), NOW)


async def test_what_the_server_closes_meanwhile_is_a_store_error_and_made_again(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await close_all(store)
    with pytest.raises(StoreError):
        await store.read((ROOM,), NOW)
    assert (await store.read((ROOM,), NOW))[ROOM][0] is not None


async def test_a_connection_that_was_idle_is_tried_out_before_it_is_used(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_engine, "TRUSTED_SECONDS", 0.0)
    await load(store, roster(ANN))
    await close_all(store)
    assert (await store.read((ROOM,), NOW))[ROOM][0] is not None


async def close_all(store: SqlStore) -> None:
    """Have the server close every connection of *store*."""
    url = store.database.place.url.render_as_string(hide_password=False)
    async with await open_store(url) as other:
        await other.database.write(lambda it: it.execute(_OTHERS).all())
