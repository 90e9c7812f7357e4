#!/usr/bin/env bash
# Guess: the two SDKs of jambonz, for JavaScript and Python, which both check a verb against one schema, send the same verb for the same options: those that were
#        given; and refuse a misspelled one, timeOut, as they refuse a target that is no list.
# Seen:  JavaScript's sends the misspelled option, and the call rings for the default time; Python's refuses it. Python's adds to what was given: a method for
#        each target, a name for the prompt of gather, and listenDuringPrompt, so a later default of the server does not reach it. Its whole
#        numbers are sent with a point, 20.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check jambonz-python-sdk==0.4.0
npm install --silent --no-fund --no-audit @jambonz/sdk@0.10.1
cat >verbs.json <<'JSON'
[
  ["dial", {"target": [{"type": "phone", "number": "+12025550101"}], "timeout": 20}],
  ["dial", {"target": [{"type": "phone", "number": "+12025550101"}], "timeOut": 20}],
  ["dial", {"target": "+12025550101"}],
  ["gather", {"input": ["digits"], "numDigits": 4, "actionHook": "/pin", "say": {"text": "Your number"}}],
  ["conference", {"name": "sales", "beep": false}]
]
JSON
cat >write.py <<'PY'
import json

from jambonz_sdk.webhook import WebhookResponse
from pydantic import ValidationError

for verb, options in json.load(open("verbs.json")):
    response = WebhookResponse()
    try:
        getattr(response, verb)(**options)
        print("Python:", json.dumps(response.to_json(), separators=(",", ":")))
    except ValidationError:
        print("Python: refused")
PY
cat >write.mjs <<'JS'
import { readFileSync } from "node:fs";
import { WebhookResponse } from "@jambonz/sdk/webhook";
for (const [verb, options] of JSON.parse(readFileSync("verbs.json", "utf8"))) {
  const response = new WebhookResponse();
  try {
    response[verb](options);
    console.log("JavaScript:", JSON.stringify(response));
  } catch (error) {
    console.log("JavaScript:", error.message.includes("validation failed") ? "refused" : error);
  }
}
JS
echo "version: jambonz-python-sdk==0.4.0 @jambonz/sdk@0.10.1"
echo "guess: what was given, and refused for the second and the third, from both."
seen=$(
  node write.mjs
  venv/bin/python write.py
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
JavaScript: [{"verb":"dial","target":[{"type":"phone","number":"+12025550101"}],"timeout":20}]
JavaScript: [{"verb":"dial","target":[{"type":"phone","number":"+12025550101"}],"timeOut":20}]
JavaScript: refused
JavaScript: [{"verb":"gather","input":["digits"],"numDigits":4,"actionHook":"/pin","say":{"text":"Your number"}}]
JavaScript: [{"verb":"conference","name":"sales","beep":false}]
Python: [{"verb":"dial","target":[{"type":"phone","number":"+12025550101","method":"POST"}],"timeout":20.0}]
Python: refused
Python: refused
Python: [{"verb":"gather","actionHook":"/pin","input":["digits"],"numDigits":4.0,"listenDuringPrompt":true,"say":{"verb":"say","text":"Your number"}}]
Python: [{"verb":"conference","name":"sales","beep":false}]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
