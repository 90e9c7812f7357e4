#!/usr/bin/env bash
# Guess: a circuit breaker with its default limit, 50 percent of failures, looks at several calls before it opens.
# Seen:  the first failure opens it, if it is the first call within the time looked at (ten seconds unless set), whatever was before. A
#        function that is called once in a while is shut off by each failure. volumeThreshold is 0 unless set.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit opossum@9.0.0
cat >breaker.cjs <<'JS'
const Breaker = require("opossum");

const call = async (works) => {
  if (!works) throw new Error("503");
};
const run = async (name, calls, options) => {
  const breaker = new Breaker(call, options);
  for (const works of calls) {
    if (works === "pause") await new Promise((resolve) => setTimeout(resolve, 2000));
    else await breaker.fire(works).catch(() => {});
  }
  console.log(`${name}: ${breaker.opened ? "open" : "closed"}`);
  breaker.shutdown();
};

(async () => {
  await run("one failure", [false]);
  await run("one failure after two calls that worked", [true, true, false]);
  await run("the same, a pause before it", [true, true, "pause", false], { rollingCountTimeout: 1000 });
  await run("one failure, volumeThreshold 5", [false], { volumeThreshold: 5 });
})();
JS
echo "version: opossum@9.0.0"
echo "guess: one failure leaves it closed in each case."
seen=$(node breaker.cjs)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
one failure: open
one failure after two calls that worked: closed
the same, a pause before it: open
one failure, volumeThreshold 5: closed
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
