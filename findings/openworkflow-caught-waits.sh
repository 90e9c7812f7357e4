#!/usr/bin/env bash
# Guess: try … catch around steps of an OpenWorkflow workflow, with an undo in the catch, as for a call that failed, is entered if a step fails for good, after the retries
#        of its retryPolicy. A step.sleep between the steps is a wait, and no error.
# Seen:  a sleep is an error that is thrown through the workflow's own code, so the catch runs the undo as soon as the workflow comes to the sleep: the room is opened
#        and closed again at once, the steps after the sleep never run, and the run is "completed". The catch also gets the first failure of a step, and as the
#        workflow goes on from there, the step is not retried. Without the catch both work.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit node@22.23.3 openworkflow@0.10.1
cat >workflows.mjs <<'JS'
import { OpenWorkflow } from "openworkflow";
import { BackendSqlite } from "openworkflow/sqlite";
const ow = new OpenWorkflow({ backend: BackendSqlite.connect(":memory:") });
const log = [];
const retryPolicy = { maximumAttempts: 3, initialInterval: "100ms" };

async function room(step) {
  await step.run({ name: "open" }, () => log.push("open"));
  await step.sleep("meeting", "1s");
  await step.run({ name: "report" }, () => log.push("report"));
  return "reported";
}

async function dial(step) {
  await step.run({ name: "dial", retryPolicy }, () => {
    log.push("dial");
    if (log.length < 3) throw new Error("busy");
  });
  return "answered";
}

const caught = (work) => async ({ step }) => {
  try {
    return await work(step);
  } catch (error) {
    log.push(`catch of ${error.name}`);
    await step.run({ name: "undo" }, () => log.push("undo"));
    return "undone";
  }
};
const workflows = [
  ["sleep", ({ step }) => room(step)], ["sleep in try", caught(room)],
  ["retries", ({ step }) => dial(step)], ["retries in try", caught(dial)],
].map(([name, work]) => ow.defineWorkflow({ name }, work));
const worker = ow.newWorker({ concurrency: 1 });
await worker.start();
for (const workflow of workflows) {
  log.length = 0;
  const result = await (await workflow.run({})).result();
  console.log(`${workflow.workflow.spec.name}: ${log.join(", ")}; result: ${result}`);
}
process.exit();
JS
echo "version: openworkflow@0.10.1 node@22.23.3"
echo "guess: the same with try as without: reported, answered after three attempts."
seen=$(node_modules/.bin/node --no-warnings workflows.mjs)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sleep: open, report; result: reported
sleep in try: open, catch of SleepSignalError, undo; result: undone
retries: dial, dial, dial; result: answered
retries in try: dial, catch of StepError, undo; result: undone
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
