#!/usr/bin/env bash
# Guess: an actor created from a persisted snapshot takes its delayed transition after the time that was left.
# Seen:  it never takes it. A promise invoked by the same state is started anew, so work is repeated, and the deadline set for it is gone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit xstate@5.33.3
cat >timers.cjs <<'JS'
const { createActor, createMachine, fromPromise, SimulatedClock } = require("xstate");

let asked = 0;
const ask = fromPromise(() => {
  asked += 1;
  return new Promise(() => {});
});
const machine = createMachine({
  initial: "ringing",
  states: { ringing: { invoke: { src: ask }, after: { 30000: "missed" } }, missed: {} },
});
const show = (name, clock, actor, moments) => {
  const states = moments.map((moment) => {
    clock.set(moment);
    return `${moment / 1000} s ${actor.getSnapshot().value}`;
  });
  console.log(`${name}: ${states.join(", ")}; asked ${asked}`);
};

let clock = new SimulatedClock();
show("not restored", clock, createActor(machine, { clock }).start(), [20000, 30000]);

clock = new SimulatedClock();
const before = createActor(machine, { clock }).start();
clock.set(20000);
const snapshot = JSON.parse(JSON.stringify(before.getPersistedSnapshot()));
before.stop();
clock = new SimulatedClock();
asked = 0;
show("restored after 20 s", clock, createActor(machine, { clock, snapshot }).start(), [10000, 30000, 3600000]);
JS
echo "version: xstate@5.33.3"
echo "guess: the restored actor has missed after 10 s."
seen=$(node timers.cjs)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
not restored: 20 s ringing, 30 s missed; asked 1
restored after 20 s: 10 s ringing, 30 s ringing, 3600 s ringing; asked 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
