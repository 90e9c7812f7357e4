#!/usr/bin/env bash
# Guess: urllib3 repeats no answer by its status unless status_forcelist names it, so a plain request sends once and gives the 503.
# Seen:  a GET is sent four times if the 503 or 429 has a Retry-After, with the wait it asks for before each; Retry(2) for lost connections
#        alone does so too, and then raises no error. Without the header, or for a POST, it is sent once. status=0 stops it and raises.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check urllib3==2.8.0
echo "version: urllib3==2.8.0"
echo "guess: each gives 503 and sends once."
seen=$("$folder/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import urllib3

sent = []


class Busy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        sent.append(self.path)
        self.send_response(int(self.path[1:4]))
        if self.path.endswith("after"):
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


def ask(name: str, method: str, path: str, **options: object) -> None:
    sent.clear()
    try:
        answer = urllib3.request(method, f"http://127.0.0.1:{server.server_port}/{path}", **options).status
    except urllib3.exceptions.MaxRetryError as error:
        answer = type(error).__name__
    print(f"{name}: {answer}, sent {len(sent)}")


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
ask("GET 503", "GET", "503")
ask("GET 503, Retry-After", "GET", "503-after")
ask("GET 429, Retry-After", "GET", "429-after")
ask("GET 500, Retry-After", "GET", "500-after")
ask("POST 503, Retry-After", "POST", "503-after")
ask("GET 503, Retry-After, Retry(2)", "GET", "503-after", retries=urllib3.Retry(2))
ask("GET 503, Retry-After, Retry(2, status=0)", "GET", "503-after", retries=urllib3.Retry(2, status=0))
ask("GET 503, Retry-After, not respected", "GET", "503-after", retries=urllib3.Retry(2, respect_retry_after_header=False))
server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
GET 503: 503, sent 1
GET 503, Retry-After: 503, sent 4
GET 429, Retry-After: 429, sent 4
GET 500, Retry-After: 500, sent 1
POST 503, Retry-After: 503, sent 1
GET 503, Retry-After, Retry(2): 503, sent 3
GET 503, Retry-After, Retry(2, status=0): MaxRetryError, sent 1
GET 503, Retry-After, not respected: 503, sent 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
