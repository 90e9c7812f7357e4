#!/usr/bin/env bash
# Guess: an event stream gives the same events to each reader: its format is a standard, in which an event without data is not given, an
#        identifier stays until the next one, so that the last event has it for Last-Event-ID, and an event cut off at the end is dropped.
# Seen:  each reader departs from one of the three. httpx-sse gives an empty event for a retry time and for a comment, a heartbeat. sseclient-py
#        gives the one that was cut off. eventsource, and sseclient-py, have no identifier for the event after; only httpx-sse keeps it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="httpx==0.28.1 httpx-sse==0.4.3 requests==2.34.2 sseclient-py==1.9.0"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit eventsource@4.1.1
cat >reader.mjs <<'JS'
import { EventSource } from "eventsource";
const source = new EventSource(process.argv[2]);
for (const name of ["call", "message"]) {
  source.addEventListener(name, (event) => console.log("eventsource:", name, JSON.stringify(event.data), event.lastEventId || "none"));
}
source.onerror = () => source.close();
JS
echo "version: $pins eventsource@4.1.1"
echo 'guess: call "ringing" 1 and message "answered" 1, and no more, for each.'
seen=$(venv/bin/python - <<'PY'
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import httpx_sse
import requests
import sseclient

STREAM = b"retry: 1000\n\nid: 1\nevent: call\ndata: ringing\n\n: heartbeat\n\ndata: answered\n\ndata: cut o"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(STREAM)

    def log_message(self, *_: object) -> None:
        pass


def show(name: str, event: object) -> None:
    print(f"{name}:", event.event, json.dumps(event.data), event.id or "none")


with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", address) as source:
        for event in source.iter_sse():
            show("httpx-sse", event)
    for event in sseclient.SSEClient(requests.get(address, stream=True, timeout=10)).events():
        show("sseclient-py", event)
    print(subprocess.run(["node", "reader.mjs", address], check=True, capture_output=True, text=True, timeout=60).stdout, end="")
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
httpx-sse: message "" none
httpx-sse: call "ringing" 1
httpx-sse: message "" 1
httpx-sse: message "answered" 1
sseclient-py: call "ringing" 1
sseclient-py: message "answered" none
sseclient-py: message "cut o" none
eventsource: call "ringing" 1
eventsource: message "answered" none
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
