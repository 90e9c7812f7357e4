#!/usr/bin/env bash
# Guess: a form field whose schema is a list, sent as Events=ringing&Events=answered, is a list to a mock server made from the OpenAPI document, as
#        it is for a parameter of a query: the same style is the default of both.
# Seen:  prism refuses it with 422, "must be array", also for a single value. Stating the default, style form with explode true, for the field
#        makes it accepted; so does PHP's Events[]=. openapi-core reads the plain form. Twilio's document has such fields and states no style.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check openapi-core==0.23.1
npm install --silent --no-fund --no-audit @stoplight/prism-cli@5.14.2
cat >run.py <<'PY'
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

FORM = "application/x-www-form-urlencoded"
EVENTS = {"type": "array", "items": {"type": "string"}}
SCHEMA = {"schema": {"type": "object", "properties": {"Events": EVENTS}}}
STATED = SCHEMA | {"encoding": {"Events": {"style": "form", "explode": True}}}
BODIES = ("Events=ringing&Events=answered", "Events=ringing", "Events[]=ringing&Events[]=answered")


def post(content: dict) -> dict:
    return {"post": {"requestBody": {"content": {FORM: content}}, "responses": {"201": {"description": "made"}}}}


query = {"get": {"parameters": [{"name": "Events", "in": "query", "schema": EVENTS}], "responses": {"200": {"description": "read"}}}}
document = {"openapi": "3.0.3", "info": {"title": "calls", "version": "1"}, "servers": [{"url": "http://127.0.0.1"}]}
document["paths"] = {"/calls": post(SCHEMA), "/stated": post(STATED), "/query": query}
with open("calls.json", "w") as file:
    json.dump(document, file)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def status(path: str, body: str | None = None) -> int:
    try:
        data = None if body is None else body.encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


command = ["node", "node_modules/@stoplight/prism-cli/dist/index.js", "mock", "--port", str(port), "calls.json"]
with open("prism.log", "w") as log, subprocess.Popen(command, stdout=log, stderr=log) as prism:
    for _ in range(120):
        try:
            status("/query")
            break
        except OSError:
            time.sleep(0.5)
    print("prism query", BODIES[0], status(f"/query?{BODIES[0]}"))
    for path in ("/calls", "/stated"):
        for body in BODIES:
            print("prism", path, body, status(path, body))
    prism.terminate()
api = OpenAPI.from_dict(document)
for body in BODIES[:2]:
    request = MockRequest("http://127.0.0.1", "post", "/calls", data=body.encode(), content_type=FORM)
    print("openapi-core /calls", body, api.unmarshal_request(request).body)
PY
echo "version: @stoplight/prism-cli@5.14.2 openapi-core==0.23.1"
echo "guess: 200 for the query, 201 for both of Events=, and a list from openapi-core."
seen=$(venv/bin/python -W ignore run.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
prism query Events=ringing&Events=answered 200
prism /calls Events=ringing&Events=answered 422
prism /calls Events=ringing 422
prism /calls Events[]=ringing&Events[]=answered 201
prism /stated Events=ringing&Events=answered 201
prism /stated Events=ringing 201
prism /stated Events[]=ringing&Events[]=answered 201
openapi-core /calls Events=ringing&Events=answered {'Events': ['ringing', 'answered']}
openapi-core /calls Events=ringing {'Events': ['ringing']}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
