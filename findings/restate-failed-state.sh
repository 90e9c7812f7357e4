#!/usr/bin/env bash
# Guess: what a handler of a virtual object sets is kept if the handler succeeds: one that ends with a TerminalError leaves the state as it was, and who reads
#        the object meanwhile sees the state from before, as with a transaction.
# Seen:  Restate keeps each set, also of a handler that then fails for good, and shows it to readers while the handler still runs: a room is "open"
#        although opening it was refused. A handler has to set the earlier state itself before it throws.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit @restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.17.2 node@22.23.3
cat >rooms.mjs <<'JS'
import { handlers, object, serve, TerminalError } from "@restatedev/restate-sdk";
const room = object({
  name: "room",
  handlers: {
    open: async (context, { wait, error }) => {
      context.set("state", "open");
      await context.sleep(wait);
      if (error) throw new TerminalError(error);
    },
    close: async (context) => context.set("state", "closed"),
    read: handlers.object.shared(async (context) => (await context.get("state")) ?? "none"),
  },
});
serve({ services: [room], port: Number(process.argv[2]) });
JS
cat >drive.py <<'PY'
import json
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


SERVICE, INGRESS, ADMIN, NODE = (free_port() for _ in range(4))


def post(port: int, path: str, body: object = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"}, method="POST")
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


def read() -> object:
    return post(INGRESS, "/room/sales/read")


def scenario() -> None:
    when_ready("/deployments", {"uri": f"http://127.0.0.1:{SERVICE}"})
    post(INGRESS, "/room/sales/close")
    print("at first:", read())
    opening = threading.Thread(target=post, args=(INGRESS, "/room/sales/open", {"wait": 3000, "error": "refused"}))
    opening.start()
    time.sleep(1)
    print("while open runs:", read(), "- still running:", opening.is_alive())
    opening.join()
    print("after its error:", read())
    post(INGRESS, "/room/sales/close")
    print("answer to another one:", post(INGRESS, "/room/sales/open", {"wait": 0, "error": "refused"}), "and the state:", read())


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
    service = subprocess.Popen(["node_modules/.bin/node", "rooms.mjs", str(SERVICE)], stdout=log, stderr=log)
try:
    scenario()
finally:
    for process in (server, service):
        process.terminate()
    for process in (server, service):
        process.wait()
PY
echo "version: @restatedev/restate-server@1.7.12 @restatedev/restate-sdk@1.17.2 node@22.23.3"
echo "guess: closed each time."
seen=$(python3 drive.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
at first: closed
while open runs: open - still running: True
after its error: open
answer to another one: 500 and the state: open
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
