#!/usr/bin/env bash
# Guess: the TeXML participant calls, made to be compatible with Twilio's, send a form with its parameter names.
# Seen:  the names are Twilio's, and the body is JSON: a server that reads forms finds no parameter in it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check telnyx==4.189.0
echo "version: telnyx==4.189.0"
echo "guess: TeXML participant calls send application/x-www-form-urlencoded with Muted=false."
seen=$("$folder/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import telnyx


class Show(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(self.headers["Content-Type"], body, "as a form:", parse_qs(body))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Show)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = telnyx.Telnyx(api_key="key", base_url=f"http://127.0.0.1:{server.server_port}")
participants = client.texml.accounts.conferences.participants
participants.update("label", account_sid="account", conference_sid="conference", muted=False, hold=True)
participants.participants("conference", account_sid="account", to="sip:ann@example.com", label="ann")
server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
application/json {"Hold":true,"Muted":false} as a form: {}
application/json {"Label":"ann","To":"sip:ann@example.com"} as a form: {}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
