#!/usr/bin/env bash
# Guess: adding a participant sends the role, the room, and the two numbers given; the service's defaults do the rest.
# Seen:  the SDK sends 35 more fields with defaults of its own. They set the room's size and events anew with each
#        participant, make everybody a coach, and show the caller's number as the caller's name.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check plivo==4.63.0
echo "version: plivo==4.63.0"
echo "guess: add_participant(role, friendly_name, from_, to_) sends role, from and to."
seen=$("$folder/venv/bin/python" - <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import plivo
import plivo.rest.client as rest


class Show(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = {name: body.pop(name) for name in ("role", "from", "to") if name in body}
        print(asked, "and", len(body), "more, among them")
        for name in ("caller_name", "coach_mode", "mute", "max_participants", "status_callback_events"):
            print(" ", name, "=", json.dumps(body.get(name)))
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Show)
threading.Thread(target=server.serve_forever, daemon=True).start()
for name in dir(rest):
    if name.startswith(("PLIVO_API", "API_VOICE")):
        setattr(rest, name, f"http://127.0.0.1:{server.server_port}/v1/Account")
client = plivo.RestClient("MAXXXXXXXXXXXXXXXXXX", "token")
calls = client.multi_party_calls
calls.add_participant("customer", friendly_name="room", from_="+12025550101", to_="+12025550102")
calls.add_participant("agent", friendly_name="room", from_="+12025550101", to_=["+12025550102", "+12025550103"])
server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
{'role': 'customer', 'from': '+12025550101', 'to': '+12025550102'} and 35 more, among them
  caller_name = "+12025550101"
  coach_mode = true
  mute = false
  max_participants = 10
  status_callback_events = "mpc-state-changes,participant-state-changes"
{'role': 'agent', 'from': '+12025550101', 'to': '+12025550102<+12025550103'} and 35 more, among them
  caller_name = "+12025550101"
  coach_mode = true
  mute = false
  max_participants = 10
  status_callback_events = "mpc-state-changes,participant-state-changes"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
