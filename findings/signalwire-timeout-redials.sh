#!/usr/bin/env bash
# Guess: SignalWire's SDK with retries=2 dials once if the answer does not come in time: it spares a POST on 500, 502, and 504, after
#        which the call may have been placed, and a time-out after the request was sent leaves just that open.
# Seen:  it dials three times: a time-out, and a connection closed without an answer, are repeated for each method. 503 and 429 are repeated as
#        well; 500 and 504 are not. So the spared statuses are those in which the SDK knows more than after a time-out.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check signalwire-sdk==3.7.5
echo "version: signalwire-sdk==3.7.5"
echo "guess: 3 for 503 alone, 1 for each other."
seen=$(venv/bin/python -W ignore - <<'PY'
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from signalwire.rest import RequestOptions, RestClient, SignalWireRestError

logging.disable()
calls: list[str] = []
answer = ""
ended = threading.Event()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        calls.append(f"POST {self.path}")
        if answer == "too late":
            ended.wait()
        if not answer.isdecimal():
            self.close_connection = True
            return
        self.send_response(int(answer))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = RestClient(
        "project",
        "token",
        f"127.0.0.1:{server.server_port}",
        request_options=RequestOptions(retries=2, retry_backoff=0.01, timeout=1),
    )
    for answer in ("500", "503", "504", "closed", "too late"):
        calls.clear()
        try:
            client.calling.dial(from_="+12025550100", to="+12025550101", url="https://example.com/call")
        except SignalWireRestError as error:
            print(f"{answer}: {len(calls)} times {calls[0]}, {type(error).__name__}")
    ended.set()
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
500: 1 times POST /api/calling/calls, SignalWireRestError
503: 3 times POST /api/calling/calls, SignalWireRestError
504: 1 times POST /api/calling/calls, SignalWireRestError
closed: 3 times POST /api/calling/calls, SignalWireRestTransportError
too late: 3 times POST /api/calling/calls, SignalWireRestTransportError
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
