#!/usr/bin/env bash
# Guess: a request with the Idempotency-Key of an earlier one and another body is refused, as the services do that made the header known; a key whose request
#        was refused is free for the next try; and a call with the key of a send that is due later is a call of now, or refused.
# Seen:  Restate gives the first one's answer, whatever the body: the second amount is not paid, and the answer is 200 with the first amount. A refusal is
#        kept as well, for a day unless set, so the next try is refused without being made. A call with the key of a delayed send waits until
#        that is due, and gives its answer.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit @restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.17.2 node@22.23.3
cat >payments.mjs <<'JS'
import { service, serve, TerminalError } from "@restatedev/restate-sdk";
const limit = 100;
const payments = service({
  name: "payments",
  handlers: {
    pay: async (context, { amount }) => {
      if (amount > limit) throw new TerminalError("above the limit", { errorCode: 402 });
      return { paid: amount };
    },
  },
});
serve({ services: [payments], port: Number(process.argv[2]) });
JS
cat >drive.py <<'PY'
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


SERVICE, INGRESS, ADMIN, NODE = (free_port() for _ in range(4))


def post(port: int, path: str, body: object, **headers: str) -> object:
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code


def when_ready(path: str, body: object) -> None:
    for _ in range(120):
        try:
            if not isinstance(post(ADMIN, path, body), int):
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise TimeoutError(path)


def pay(amount: int, key: str, path: str = "") -> object:
    return post(INGRESS, f"/payments/pay{path}", {"amount": amount}, **{"Idempotency-Key": key})


def scenario() -> None:
    when_ready("/deployments", {"uri": f"http://127.0.0.1:{SERVICE}"})
    print("one key, 10 and then 20:", pay(10, "one"), pay(20, "one"))
    print("two, 200 and then 30:", pay(200, "two"), pay(30, "two"))
    sent = pay(40, "three", "/send?delay=3s")
    began = time.monotonic()
    print("three, 40 in three seconds and then 50:", sent["status"], pay(50, "three"), "at once:", time.monotonic() - began < 1)


OPTIONS = {
    "RESTATE_BIND_ADDRESS": f"127.0.0.1:{NODE}",
    "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{INGRESS}",
    "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{ADMIN}",
    "RESTATE_LISTEN_MODE": "tcp",
    "RESTATE_DEFAULT_NUM_PARTITIONS": "1",
    "RESTATE_DISABLE_TELEMETRY": "true",
}
with open("log", "w") as log:
    server = subprocess.Popen(
        ["node_modules/.bin/restate-server", "--base-dir", "data"], env=os.environ | OPTIONS, stdout=log, stderr=log
    )
    service = subprocess.Popen(["node_modules/.bin/node", "payments.mjs", str(SERVICE)], stdout=log, stderr=log)
try:
    scenario()
finally:
    for process in (server, service):
        process.terminate()
    for process in (server, service):
        process.wait()
PY
echo "version: @restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.17.2 node@22.23.3"
echo "guess: refused, paid, and paid at once or refused."
seen=$(python3 drive.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
one key, 10 and then 20: {'paid': 10} {'paid': 10}
two, 200 and then 30: 402 402
three, 40 in three seconds and then 50: Accepted {'paid': 40} at once: False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
