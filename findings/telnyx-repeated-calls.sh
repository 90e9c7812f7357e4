#!/usr/bin/env bash
# Guess: a call is dialed with one POST: a client repeats a POST by itself only if a key of idempotency lets the server see the repetition.
# Seen:  an answer of 503 or 429 has it sent three times, with the same body and no such key, so a call that was placed although the
#        answer was an error is placed again. max_retries=0 stops it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check telnyx==4.189.0
echo "version: telnyx==4.189.0"
echo "guess: one request each."
seen=$("$folder/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import telnyx

requests = []


class Answer(BaseHTTPRequestHandler):
    status = 503

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = any("idempotency" in name.lower() for name in self.headers)
        requests.append((self.command, self.path, body, key))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def dial(**options: int) -> str:
    requests.clear()
    client = telnyx.Telnyx(api_key="key", base_url=f"http://127.0.0.1:{server.server_port}/v2", **options)
    try:
        client.calls.dial(connection_id="1", from_="+12025550101", to="+12025550102")
    except telnyx.APIStatusError:
        command, path, _, key = requests[0]
        return f"{command} {path} sent {len(requests)} times, different {len(set(requests))}, key {key}"
    return "no error"


with HTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for Answer.status in (503, 429, 400):
        print(Answer.status, dial())
    Answer.status = 503
    print(503, "max_retries=0", dial(max_retries=0))
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
503 POST /v2/calls sent 3 times, different 1, key False
429 POST /v2/calls sent 3 times, different 1, key False
400 POST /v2/calls sent 1 times, different 1, key False
503 max_retries=0 POST /v2/calls sent 1 times, different 1, key False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
