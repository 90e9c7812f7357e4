import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import reconciler.store.tables  # noqa: F401 - fills the metadata
from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.errors import SettingError
from reconciler.store.database.database import writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import (
    COMPATIBLE_SINCE,
    HEAD,
    SchemaState,
    SchemaVersion,
    alembic_config,
    current_at,
    migrations_folder,
    upgrade_at,
)
from reconciler.store.opening import open_reader, open_store
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from reconciler.store.store import SqlStore
from reconciler.store.tables.metadata import metadata
from tests.postgres_server import Server
from tests.store.samples import ANN, BOB, NOW, ROOM, draft, load, ring, roster, take


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url(server.create())


T = TypeVar("T")


async def within(url: str, work: Callable[[Connection], T]) -> T:
    database = writable(parse_database_url(url), create=True)
    try:
        return await database.write(work)
    finally:
        await database.close()


async def run_sql(url: str, *statements: str) -> None:
    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    await within(url, work)


def index(seen: Mapping[str, Any]) -> str:
    where = [str(each) for each in seen.get("dialect_options", {}).values()]
    return f"{seen['name']} {seen['column_names']} {seen['unique']} {where}"


def shape(connection: Connection) -> dict[str, Any]:
    seen = inspect(connection)
    return {
        table: (
            [
                (c["name"], str(c["type"]), c["nullable"])
                for c in seen.get_columns(table)
            ],
            seen.get_pk_constraint(table),
            sorted(map(repr, seen.get_foreign_keys(table))),
            sorted(map(index, seen.get_indexes(table))),
            sorted(map(repr, seen.get_check_constraints(table))),
        )
        for table in sorted(seen.get_table_names())
        if table != "alembic_version"
    }


def test_the_code_knows_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(migrations_folder()))
    assert scripts.get_heads() == [HEAD]


async def test_the_migrations_make_what_the_tables_declare(url: str) -> None:
    await within(url, lambda connection: command.check(alembic_config(connection)))


async def test_the_migrations_make_every_constraint_that_the_tables_declare(
    url: str,
) -> None:
    migrated = await within(url, shape)
    await within(url, lambda it: command.downgrade(alembic_config(it), "base"))
    await within(url, metadata.create_all)
    assert await within(url, shape) == migrated


async def test_up_down_and_up_again_ends_where_it_began(url: str) -> None:
    before = await within(url, shape)
    await within(url, lambda it: command.downgrade(alembic_config(it), "base"))
    assert await within(url, shape) == {}
    assert await upgrade_at(url) == SchemaVersion(None, SchemaState.NONE)
    assert await within(url, shape) == before


async def test_an_upgrade_says_what_was_there_before(bare: str) -> None:
    assert await current_at(bare) == SchemaVersion(None, SchemaState.NONE)
    assert await upgrade_at(bare) == SchemaVersion(None, SchemaState.NONE)
    assert await upgrade_at(bare) == SchemaVersion(HEAD, SchemaState.CURRENT)
    assert await current_at(bare) == SchemaVersion(HEAD, SchemaState.CURRENT)


async def at_0001(url: str) -> None:
    """A database as the version before this one left it, with data in it."""
    await upgrade_at(url)
    async with await open_store(url) as store:
        await load(store, roster(ANN, BOB), folder="/desired")
        await ring(store, await take(store))
    await within(url, lambda it: command.downgrade(alembic_config(it), "0001"))


async def test_sqlite_brings_an_older_database_up_to_date_as_it_is_opened(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    await at_0001(url)
    assert await current_at(url) == SchemaVersion("0001", SchemaState.OLDER)
    with pytest.raises(
        SettingError, match=rf"older reconciler \(version 0001 of {HEAD}"
    ):
        await open_reader(url)

    async with await open_store(url) as store:
        await has_what_0001_had(store)

    assert await current_at(url) == SchemaVersion(HEAD, SchemaState.CURRENT)


async def has_what_0001_had(store: SqlStore) -> None:
    desired = await store.desired(ROOM, NOW)
    assert desired is not None
    assert desired.roster == roster(ANN, BOB)
    assert desired.standing is Standing.MANAGED
    assert (await store.ledger(ROOM, NOW)).records["ann"].open is not None
    assert await store.last_mark() == 0
    assert await store.stand(Decision(ROOM, NOW, "me"), Standing.PAUSED, until=NOW + 1)


async def test_attempts_of_an_older_database_are_known_by_the_phone_they_rang(
    url: str,
) -> None:
    async with await open_store(url) as store:
        lease = await take(store)
        await ring(store, lease)
        sip = draft("cara", to="sip:cara@PBX:5060")
        assert await store.open_attempts(lease, (sip,), NOW) != (None,)
    await within(url, lambda it: command.downgrade(alembic_config(it), "0004"))
    await upgrade_at(url)
    seen = text("SELECT address, account_sid FROM attempts ORDER BY id")
    rows = await within(url, lambda it: it.execute(seen).all())
    assert rows == [("+15551230001", None), ("sip:cara@pbx", None)]


async def test_rooms_of_an_older_database_keep_their_generation(url: str) -> None:
    async with await open_store(url) as store:
        await load(store, roster(ANN, BOB), folder="/desired")
    await within(url, lambda it: command.downgrade(alembic_config(it), "0011"))
    await upgrade_at(url)
    async with await open_store(url) as store:
        again = await store.load(
            [roster(ANN, BOB)], folder="/desired", now=NOW + 5, cause="test"
        )
        assert again.unchanged == (ROOM,)
        desired = await store.desired(ROOM, NOW)
        assert desired is not None
        assert (desired.generation, desired.effective_until) == (1, None)
        assert (await store.ledger(ROOM, NOW)).records["bob"].edited_at == NOW
        assert len(await store.revisions(ROOM)) == 1
        muted = Override(0, ROOM, OverrideVerb.MUTE_ALL, NOW, None, "ops")
        assert await store.add_overrides((muted,), NOW)


async def test_generations_of_an_older_database_can_be_restored(url: str) -> None:
    async with await open_store(url) as store:
        await load(store, roster(ANN, BOB), folder="/desired")
        await load(store, roster(ANN), folder="/desired")
    await within(url, lambda it: command.downgrade(alembic_config(it), "0012"))
    await upgrade_at(url)
    async with await open_store(url) as store:
        assert [each.kind for each in await store.revisions(ROOM)] == [None, None]
        assert await store.rollback(Rollback(ROOM, 1, "ops"), NOW) == 3
        desired = await store.desired(ROOM, NOW)
        assert desired is not None
        assert desired.roster == roster(ANN, BOB)


async def test_postgresql_waits_with_an_older_database_until_it_is_asked(
    server: Server,
) -> None:
    url = server.url(server.create())
    await at_0001(url)
    for opening in (open_store(url), open_reader(url)):
        with pytest.raises(SettingError, match="run `reconciler db upgrade`"):
            await opening

    assert await upgrade_at(url) == SchemaVersion("0001", SchemaState.OLDER)

    async with await open_store(url) as store:
        await has_what_0001_had(store)


async def test_a_newer_database_is_refused_by_all(url: str) -> None:
    await run_sql(url, "UPDATE alembic_version SET version_num = '9999'")
    assert (await current_at(url)).age is SchemaState.NEWER
    for opening in (open_store(url), open_reader(url), upgrade_at(url)):
        with pytest.raises(SettingError, match="created by a newer reconciler"):
            await opening


async def test_a_newer_database_that_is_good_for_this_version_is_used(
    server: Server, template: str
) -> None:
    """A daemon of the last release beside the tables of the next one."""
    url = server.url(server.create(template))
    newer = "UPDATE alembic_version SET version_num = '9999'"
    await run_sql(url, newer, comment(HEAD))
    async with await open_store(url) as store:
        await load(store, roster(ANN))
        assert await store.rooms() == (ROOM,)
    assert await upgrade_at(url) == SchemaVersion("9999", SchemaState.NEWER, True)
    assert (await current_at(url)).number == "9999"

    await run_sql(url, comment("9998"))
    with pytest.raises(SettingError, match="created by a newer reconciler"):
        await open_store(url)


def comment(since: str) -> str:
    return f"COMMENT ON TABLE alembic_version IS '9999: compatible since {since}'"


async def test_an_upgrade_says_for_which_versions_the_tables_are_good(
    server: Server,
) -> None:
    url = server.url(server.create())
    await upgrade_at(url)
    said = await within(
        url,
        lambda it: it.scalar(
            text("SELECT obj_description('alembic_version'::regclass, 'pg_class')")
        ),
    )
    assert said == f"{HEAD}: compatible since {COMPATIBLE_SINCE}"
    assert COMPATIBLE_SINCE <= HEAD


async def test_the_database_of_another_program_is_refused(bare: str) -> None:
    await run_sql(
        bare,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('0001x')",
        "CREATE TABLE invoices (id INTEGER)",
    )
    for opening in (open_store(bare), upgrade_at(bare)):
        with pytest.raises(SettingError, match="belongs to another program"):
            await opening


async def test_an_sqlite_file_of_another_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await run_sql(url, "CREATE TABLE invoices (id INTEGER)")
    for opening in (open_store(url), open_reader(url), upgrade_at(url)):
        with pytest.raises(SettingError, match="belongs to another program"):
            await opening


async def test_postgresql_is_not_migrated_without_being_asked(server: Server) -> None:
    url = server.url(server.create())
    for opening in (open_store(url), open_reader(url)):
        with pytest.raises(SettingError, match="run `reconciler db upgrade`"):
            await opening
    assert await within(url, shape) == {}


def alembic(url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "alembic", *arguments],
        env={**os.environ, "RECONCILER_DATABASE_URL": url},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.process
async def test_alembic_itself_migrates_from_the_command_line(bare: str) -> None:
    alembic(bare, "upgrade", "head")
    assert await current_at(bare) == SchemaVersion(HEAD, SchemaState.CURRENT)
    assert "No new upgrade operations" in alembic(bare, "check")


@pytest.mark.process
async def test_tables_of_another_program_in_the_schema_are_no_difference(
    bare: str,
) -> None:
    await upgrade_at(bare)
    await run_sql(bare, "CREATE TABLE theirs (id integer)")
    await within(bare, lambda connection: command.check(alembic_config(connection)))
    assert "CREATE TABLE attempts" in alembic(bare, "upgrade", "head", "--sql")
