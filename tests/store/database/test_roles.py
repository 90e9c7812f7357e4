"""PostgreSQL roles: what one without rights cannot do, and what the daemon needs."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.observation import Call, CallStatus
from reconciler.store.opening import open_store
from reconciler.store.queries.operator_decision import Decision
from tests.postgres_server import Server
from tests.store.samples import ANN, BOB, NOW, ROOM, load, roster, take

DOCS = Path(__file__).parents[3] / "docs/postgresql.md"


@pytest.fixture
def url(server: Server, template: str) -> str:
    return server.url(server.create(template))


@contextmanager
def role(url: str) -> Iterator[str]:
    """A role of its own that may do nothing but connect."""
    name = f"r{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                owner.execute(sql.SQL(statement).format(sql.Identifier(name)))


def as_role(url: str, name: str) -> "psycopg.Connection[tuple[object, ...]]":
    connection = psycopg.connect(url, autocommit=True)
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(name)))
    return connection


def test_a_role_without_rights_cannot_hang_our_trigger_on_a_table_of_its_own(
    url: str,
) -> None:
    with role(url) as name, as_role(url, name) as stranger:
        stranger.execute("CREATE TEMP TABLE mine (room text)")
        with pytest.raises(errors.InsufficientPrivilege):
            stranger.execute(
                "CREATE TRIGGER t AFTER INSERT ON mine REFERENCING NEW TABLE AS after "
                "FOR EACH STATEMENT EXECUTE FUNCTION tell_changes()"
            )


def test_a_writer_cannot_lead_our_trigger_to_a_table_of_its_own(url: str) -> None:
    with role(url) as name, psycopg.connect(url, autocommit=True) as owner:
        grant = sql.SQL("GRANT INSERT ON marks, attempts, removals TO {}")
        owner.execute(grant.format(sql.Identifier(name)))
        before = feed(owner)
        with as_role(url, name) as writer:
            writer.execute("CREATE TEMP TABLE changes (turn bigint, room text)")
            writer.execute(
                "INSERT INTO removals (room, call_sid, at) VALUES ('line', 'CA1', 0)"
            )
            (shadowed,) = writer.execute(
                "SELECT count(*) FROM pg_temp.changes"
            ).fetchone() or (None,)
        assert (shadowed, feed(owner)) == (0, before + 1)


def feed(owner: "psycopg.Connection[tuple[object, ...]]") -> int:
    (count,) = owner.execute("SELECT count(*) FROM public.changes").fetchone() or (0,)
    assert isinstance(count, int)
    return count


def test_the_runtime_role_of_the_documentation_is_enough_and_no_more(
    url: str,
) -> None:
    with role(url) as name, psycopg.connect(url, autocommit=True) as owner:
        database = owner.info.dbname
        for statement in _documented_grants():
            named = statement.replace("reconciler_run", name)
            owner.execute(
                named.replace("DATABASE reconciler", f'DATABASE "{database}"').encode()
            )
        asyncio.run(_works(_with_role(url, name)))
        with as_role(url, name) as runtime:
            for statement in (
                "DROP TABLE marks",
                "UPDATE alembic_version SET version_num = '1'",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    runtime.execute(statement.encode())


def _documented_grants() -> list[str]:
    block = re.search(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert block
    statements = [each.strip() for each in block[1].split(";")]
    return [each for each in statements if each and not each.startswith("CREATE ROLE")]


def _with_role(url: str, name: str) -> str:
    return f"{url}&options=-c%20role%3D{name}"


async def _works(url: str) -> None:
    """Load, lease, note, decide and prune, as the daemon does."""
    async with await open_store(url, create=False) as store:
        await load(store, roster(ANN, BOB))
        lease = await take(store)
        call = Call("CA1", CallStatus.IN_PROGRESS, "+1", "+2", "inbound", NOW)
        notes = Notes(identities=(call,), memory={"CA1": {"muted": True}})
        await store.note(lease, notes, NOW)
        await store.release(lease)
        assert await store.rooms() == (ROOM,)
        await store.prune(NOW + 1e9, 100)


async def test_a_decision_names_the_database_s_session_user(url: str) -> None:
    async with await open_store(url, create=False) as store:
        await load(store, roster(ANN))
        await store.stand(Decision(ROOM, NOW, "alice@ops"), Standing.PAUSED)
        (told,) = await store.events(ROOM, limit=1)
    with psycopg.connect(url) as connection:
        user = connection.info.user
    assert told.cause == f"alice@ops, database user {user}"
