#!/usr/bin/env bash
# Guess: a circuit breaker whose time is up lets one call through, and refuses the others until that one has ended: the trial spares a service that
#        may still be down.
# Seen:  Python's circuitbreaker lets all through that come while the first runs, five of five: a service that answers slowly at its return gets the
#        whole load at once. pybreaker and opossum let one through.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check circuitbreaker==2.1.3 pybreaker==1.4.1
npm install --silent --no-fund --no-audit opossum@9.0.0
cat >breaker.mjs <<'JS'
import CircuitBreaker from "opossum";
let calls = 0;
let release;
const released = new Promise((resolve) => {
  release = resolve;
});
async function service(waits) {
  calls += 1;
  if (waits) await released;
  throw new Error("down");
}
const breaker = new CircuitBreaker(service, { resetTimeout: 200, volumeThreshold: 2, timeout: false });
for (let number = 0; number < 2; number += 1) await breaker.fire(false).catch(() => {});
await new Promise((resolve) => setTimeout(resolve, 500));
calls = 0;
const fired = Array.from({ length: 5 }, () => breaker.fire(true));
const ended = Promise.allSettled(fired);
release();
await ended;
console.log(`opossum: ${calls} of 5`);
process.exit();
JS
echo "version: circuitbreaker==2.1.3 pybreaker==1.4.1 opossum@9.0.0"
echo "guess: 1 of 5 for each."
seen=$(
  venv/bin/python - <<'PY'
import threading
import time

import circuitbreaker
import pybreaker

calls = 0
release = threading.Event()


def service(waits: bool) -> None:
    global calls
    calls += 1
    if waits:
        release.wait()
    raise ConnectionError


old = circuitbreaker.CircuitBreaker(failure_threshold=2, recovery_timeout=0.2, expected_exception=ConnectionError)
new = pybreaker.CircuitBreaker(fail_max=2, reset_timeout=0.2)
for name, breaker, refusal in (
    ("circuitbreaker", old, circuitbreaker.CircuitBreakerError),
    ("pybreaker", new, pybreaker.CircuitBreakerError),
):
    release.clear()
    guarded = breaker(service)

    def attempt(waits: bool) -> None:
        try:
            guarded(waits)
        except (ConnectionError, refusal):
            pass

    for _ in range(2):
        attempt(False)
    calls = 0
    attempt(False)
    assert calls == 0, "not open"
    time.sleep(0.4)
    threads = [threading.Thread(target=attempt, args=[True]) for _ in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    release.set()
    for thread in threads:
        thread.join()
    print(f"{name}: {calls} of 5")
PY
  node breaker.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
circuitbreaker: 5 of 5
pybreaker: 1 of 5
opossum: 1 of 5
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
