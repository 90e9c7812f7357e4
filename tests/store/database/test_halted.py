"""A process that is halted in a transaction keeps others from its rooms for a while."""

import asyncio
import time
from threading import Event

import psycopg
import pytest
from sqlalchemy import Connection, text

from reconciler.model.errors import StoreError
from reconciler.store.database import database, postgresql_engine
from reconciler.store.opening import open_store
from reconciler.store.queries import leases, refused_files
from tests.postgres_server import Server
from tests.store.samples import ANN, load, roster


async def test_a_room_whose_row_a_halted_process_has_locked_can_be_leased(
    server: Server, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_engine, "HALTED_MILLISECONDS", 300)
    url = server.url(server.create(template))
    locked, goes_on = Event(), Event()
    now = time.time()

    def halted(connection: Connection) -> None:
        leases.hold(connection, lease, now)
        locked.set()
        assert goes_on.wait(60)

    async with await open_store(url) as here, await open_store(url) as there:
        lease = await here.acquire("line", "here", now, 1.0)
        writing = asyncio.create_task(here.database.write(halted))
        assert await asyncio.to_thread(locked.wait, 60)
        async with asyncio.timeout(60):
            taken = await there.acquire("line", "there", now + 2.0, 1.0)
        assert not writing.done()
        goes_on.set()
        with pytest.raises(StoreError):
            await writing
    assert taken.fencing_token == lease.fencing_token + 1


async def test_a_row_that_another_program_locks_is_not_waited_for_without_end(
    server: Server, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_MILLISECONDS", 100)
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await load(store, roster(ANN))
        with psycopg.connect(url) as psql:
            psql.execute("UPDATE rosters SET generation = generation")
            with pytest.raises(StoreError, match="another session's open transaction"):
                await load(store, roster(ANN))
        await load(store, roster(ANN))


async def test_a_load_may_take_its_time_between_statements_for_each_of_its_rosters(
    server: Server, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, pauses = refused_files.write, []

    def watched(connection: Connection, *args: object) -> object:
        setting = text("SHOW idle_in_transaction_session_timeout")
        pauses.append(connection.scalar(setting))
        return write(connection, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(refused_files, "write", watched)
    async with await open_store(server.url(server.create(template))) as store:
        await load(store, *(roster(ANN, room=f"room-{n}") for n in range(200)))
    assert pauses == ["12s"]
