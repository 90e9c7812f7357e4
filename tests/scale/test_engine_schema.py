"""The engine's tables: made, checked by version, replaced under running daemons."""

import re
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.model.errors import SettingError, StoreError
from reconciler.scale.direct_connection import SCHEMA, connect, direct_conninfo
from reconciler.scale.engine_schema import (
    ENGINE,
    install,
    installed,
    require_installed,
)
from reconciler.scale.shard_engine import open_engine
from reconciler.scale.shard_holder import ShardHolder
from tests.pooler import own_pooler, pooled
from tests.postgres_server import Server
from tests.scale.conftest import SHARDS, Place

DOCS = Path(__file__).parents[2] / "docs/scale.md"


def say_version(conninfo: str, engine: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        statement = sql.SQL("COMMENT ON SCHEMA {} IS {}")
        connection.execute(
            statement.format(sql.Identifier(SCHEMA), sql.Literal(engine))
        )


async def test_tables_are_made_once(server: Server) -> None:
    conninfo = direct_conninfo(server.url(server.create()))
    assert await installed(conninfo) is None
    assert await install(conninfo)
    assert await installed(conninfo) == ENGINE
    assert not await install(conninfo)


async def test_a_database_without_the_engines_tables_is_refused_with_the_command(
    server: Server,
) -> None:
    conninfo = direct_conninfo(server.url(server.create()))
    with pytest.raises(SettingError, match=r"no tables .* db upgrade --scale"):
        await require_installed(conninfo)


async def test_tables_of_another_version_are_refused_and_replaced(
    conninfo: str,
) -> None:
    say_version(conninfo, "procrastinate 9.9.9")
    with pytest.raises(SettingError, match=r"tables of procrastinate 9\.9\.9; this"):
        await require_installed(conninfo)
    assert await install(conninfo)
    await require_installed(conninfo)


async def test_daemons_that_run_join_again_after_their_tables_were_replaced(
    place: Place,
) -> None:
    for _ in range(2):
        await place.join()
    await place.ticks(3)
    before = {each._worker for each in place.holders}
    place.now += 2.0
    place.sql("SELECT pg_sleep(1.1)")
    say_version(place.conninfo, "procrastinate 9.9.9")
    assert await install(place.conninfo)
    await place.ticks(4)
    assert before.isdisjoint(each._worker for each in place.holders)
    assert place.held() == [6, 6]
    assert place.all_held_once()


async def test_our_tables_and_the_engines_do_not_see_each_other(
    conninfo: str,
) -> None:
    with psycopg.connect(conninfo) as connection:
        tables = connection.execute(
            "SELECT table_schema FROM information_schema.tables "
            "WHERE table_name LIKE 'procrastinate%'"
        ).fetchall()
    assert {schema for (schema,) in tables} == {SCHEMA}


@pytest.mark.process
async def test_a_pooler_is_refused_with_what_to_set(
    server: Server, tmp_path: Path
) -> None:
    url = server.url(server.create())
    with (
        pooled(url, tmp_path, own_pooler) as behind,
        pytest.raises(SettingError, match="RECONCILER_SCALE_DATABASE_URL"),
    ):
        await connect(direct_conninfo(behind))


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    with pytest.raises(StoreError, match="cannot be used") as caught:
        await connect(direct_conninfo("postgresql://ops:hunter2@127.0.0.1:9/x"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://x", "x"])
def test_only_postgresql_has_shards(url: str) -> None:
    with pytest.raises(SettingError, match="--scale needs PostgreSQL"):
        direct_conninfo(url)


def test_options_of_the_url_are_kept_beside_our_schema() -> None:
    url = "postgresql+psycopg://ops@h:7/d?sslmode=require&options=-cwork_mem%3D8MB"
    given = conninfo_to_dict(direct_conninfo(url))
    assert (given["host"], given["port"], given["sslmode"]) == ("h", "7", "require")
    assert given["options"] == f"-cwork_mem=8MB -csearch_path={SCHEMA}"


async def test_a_role_with_the_documented_rights_holds_shards(conninfo: str) -> None:
    name = f"r{uuid4().hex}"
    (block,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    with psycopg.connect(conninfo, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        owner.execute(block.replace("reconciler_run", name).encode())
    try:
        async with open_engine(make_conninfo(conninfo, user=name)) as engine:
            holder = ShardHolder(engine, SHARDS, {}, lambda: 0.0, lambda: None)
            await holder.tick()
            assert len(holder.held) == SHARDS
            await holder.leave()
    finally:
        with psycopg.connect(conninfo, autocommit=True) as owner:
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                owner.execute(sql.SQL(statement).format(sql.Identifier(name)))
