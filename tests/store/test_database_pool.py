"""Databases that tests use again are as a new one."""

import psycopg

from tests.database_pool import DatabasePool
from tests.postgres_server import Server

MARK = "INSERT INTO marks (room, cause, at) VALUES ('line', 'test', 1) RETURNING id"


def execute(server: Server, name: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_rows_and_sequences_are_those_of_a_new_database(
    server: Server, pool: DatabasePool
) -> None:
    with pool.database() as first:
        assert execute(server, first, MARK) == [(1,)]
        execute(server, first, "DELETE FROM alembic_version")
    with pool.database() as second:
        assert second == first
        assert execute(server, second, "SELECT count(*) FROM alembic_version") == [(1,)]
        assert execute(server, second, MARK) == [(1,)]
        assert execute(server, second, "SELECT count(*) FROM marks") == [(1,)]


def test_a_database_whose_schema_changed_is_not_used_again(
    server: Server, pool: DatabasePool
) -> None:
    for change in (
        "ALTER TABLE marks ADD COLUMN more text",
        "COMMENT ON SCHEMA public IS 'more'",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ):
        with pool.database() as changed:
            execute(server, changed, change)
        with pool.database() as name:
            assert name != changed


def test_a_connection_that_a_test_left_open_is_ended(
    server: Server, pool: DatabasePool
) -> None:
    with pool.database() as name:
        left = psycopg.connect(server.url(name))
        left.execute("LOCK TABLE marks")
    with pool.database() as again:
        assert again == name
        assert execute(server, again, MARK) == [(1,)]
    left.close()
