#!/usr/bin/env bash
# Guess: an event of FreeSWITCH with a body, as BACKGROUND_JOB is, which has the outcome of a command in it, is the same to each client of its event socket: the
#        headers, whose values are percent-encoded, and the body, which is text as it is. The event states the body's length.
# Seen:  greenswitch has no body: it decodes the whole and reads on through the empty line. The outcome, -ERR USER_BUSY, is at the end of the header Content-Length, a
#        line of the body with a colon has become a header, and "50%25" of the body is "50%". genesis of Python and modesl of JavaScript do as guessed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check genesis==2026.10.18 greenswitch==0.0.19
npm install --silent --no-fund --no-audit modesl@1.2.1
cat >server.py <<'PY'
import socketserver
import subprocess
import sys
import threading


def event(name: str, number: int, body: str) -> bytes:
    headers = f"Event-Name: {name}\nJob-UUID: job-{number}\nCaller-Caller-ID-Name: Ann%20%26%20Bob\nContent-Length: {len(body)}\n\n"
    return f"Content-Length: {len(headers + body)}\nContent-Type: text/event-plain\n\n{headers}{body}".encode()


EVENTS = [
    event("BACKGROUND_JOB", 1, "-ERR USER_BUSY\n"),
    event("BACKGROUND_JOB", 2, "+OK\nsessions: 2\n"),
    event("BACKGROUND_JOB", 3, "+OK share of 50%25\n"),
]


class Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"Content-Type: auth/request\n\n")
        while line := self.rfile.readline():
            if not line.strip():
                continue
            self.wfile.write(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
            if line.startswith(b"exit"):
                return
            if line.startswith(b"event"):
                for text in EVENTS:
                    self.wfile.write(text)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Session) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = str(server.server_address[1])
    for command in ([sys.executable, "-W", "ignore", "with_genesis.py"], ["node", "--no-deprecation", "with_modesl.mjs"], [sys.executable, "-W", "ignore", "with_greenswitch.py"]):
        seen = subprocess.run([*command, port], check=True, capture_output=True, text=True, timeout=60).stdout
        print(*dict.fromkeys(line for line in seen.splitlines() if line.startswith("event")), sep="\n")
    server.shutdown()
PY
cat >with_genesis.py <<'PY'
import asyncio
import sys

from genesis import Inbound


async def main() -> None:
    seen = []
    async with Inbound("127.0.0.1", int(sys.argv[1]), "ClueCon") as client:
        client.on("BACKGROUND_JOB", seen.append)
        await client.send("events plain BACKGROUND_JOB")
        await asyncio.sleep(2)
    for event in seen:
        headers = {name: value for name, value in event.items() if not name.startswith(("Event", "Content-Type"))}
        print(f"event to genesis: {headers}, body {event.body!r}", flush=True)


asyncio.run(main())
PY
cat >with_greenswitch.py <<'PY'
import sys

import gevent
import greenswitch

seen = []
client = greenswitch.InboundESL("127.0.0.1", int(sys.argv[1]), "ClueCon")
client.register_handle("BACKGROUND_JOB", seen.append)
client.connect()
client.send("event plain BACKGROUND_JOB")
gevent.sleep(2)
for event in seen:
    headers = {name: value for name, value in event.headers.items() if not name.startswith(("Event", "Content-Type"))}
    print(f"event to greenswitch: {headers}, body {getattr(event, 'data', None)!r}")
client.stop()
PY
cat >with_modesl.mjs <<'JS'
import esl from "modesl";
const client = new esl.Connection("127.0.0.1", Number(process.argv[2]), "ClueCon", () => {
  client.on("esl::event::BACKGROUND_JOB::**", (event) => {
    const headers = Object.fromEntries(event.headers.filter(({ name }) => !name.startsWith("Event")).map(({ name, value }) => [name, value]));
    console.log(`event to modesl: ${JSON.stringify(headers)}, body ${JSON.stringify(event.getBody())}`);
  });
  client.subscribe(["BACKGROUND_JOB"]);
});
setTimeout(() => process.exit(), 2000);
JS
echo "version: genesis==2026.10.18 greenswitch==0.0.19 modesl@1.2.1"
echo "guess: three headers and the body as it was sent."
seen=$(venv/bin/python server.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
event to genesis: {'Content-Length': '15', 'Job-UUID': 'job-1', 'Caller-Caller-ID-Name': 'Ann & Bob'}, body '-ERR USER_BUSY\n'
event to genesis: {'Content-Length': '16', 'Job-UUID': 'job-2', 'Caller-Caller-ID-Name': 'Ann & Bob'}, body '+OK\nsessions: 2\n'
event to genesis: {'Content-Length': '19', 'Job-UUID': 'job-3', 'Caller-Caller-ID-Name': 'Ann & Bob'}, body '+OK share of 50%25\n'
event to modesl: {"Job-UUID":"job-1","Caller-Caller-ID-Name":"Ann & Bob","Content-Length":15}, body "-ERR USER_BUSY\n"
event to modesl: {"Job-UUID":"job-2","Caller-Caller-ID-Name":"Ann & Bob","Content-Length":16}, body "+OK\nsessions: 2\n"
event to modesl: {"Job-UUID":"job-3","Caller-Caller-ID-Name":"Ann & Bob","Content-Length":19}, body "+OK share of 50%25\n"
event to greenswitch: {'Content-Length': '15\n\n-ERR USER_BUSY', 'Job-UUID': 'job-1', 'Caller-Caller-ID-Name': 'Ann & Bob'}, body None
event to greenswitch: {'Content-Length': '16\n\n+OK', 'Job-UUID': 'job-2', 'Caller-Caller-ID-Name': 'Ann & Bob', 'sessions': '2'}, body None
event to greenswitch: {'Content-Length': '19\n\n+OK share of 50%', 'Job-UUID': 'job-3', 'Caller-Caller-ID-Name': 'Ann & Bob'}, body None
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
