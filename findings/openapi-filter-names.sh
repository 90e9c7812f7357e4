#!/usr/bin/env bash
# Guess: a client generated from Twilio's own OpenAPI document has each of its operations; the filters DateCreated, DateCreated< and DateCreated>
#        of one list get names of their own.
# Seen:  openapi-python-client leaves the whole operation out, as the three come to one Python name: the client cannot list conferences. It
#        warns and exits with 0. openapi-ts of hey-api has all eight operations, with the names quoted.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1
npm install --silent --no-fund --no-audit @hey-api/openapi-ts@0.95.0 typescript@5.9.3
archive=$(npm pack --silent @twilio/cli-core@8.3.2)
tar -xzf "$archive" package/src/services/twilio-api/twilio_api_v2010.json
cat >cut.py <<'PY'
import json
from pathlib import Path

document = json.loads(Path("package/src/services/twilio-api/twilio_api_v2010.json").read_text())
document["paths"] = {path: item for path, item in document["paths"].items() if "Conference" in path and "Recording" not in path}
schemas, used, text = document["components"]["schemas"], set(), json.dumps(document["paths"])
while found := {name for name in schemas if f'"#/components/schemas/{name}"' in text} - used:
    used |= found
    text += json.dumps([schemas[name] for name in found])
document["components"]["schemas"] = {name: schemas[name] for name in sorted(used)}
Path("conferences.json").write_text(json.dumps(document))
PY
venv/bin/python cut.py
echo "version: openapi-python-client==0.29.1 @hey-api/openapi-ts@0.95.0, the document of @twilio/cli-core@8.3.2"
echo "guess: list yes, 8 operations, from both."
seen=$(
  status=0
  venv/bin/openapi-python-client generate --path conferences.json --output-path python --meta none >python.log 2>&1 || status=$?
  echo "openapi-python-client exits with $status, list $(find python/api -name list_conference.py | grep -q . && echo yes || echo no)," \
    "$(find python/api -name '*_*.py' ! -name '__init__.py' | wc -l) operations"
  grep -o "Parameters with same Python identifier [A-Za-z]* detected" python.log
  npx openapi-ts -i conferences.json -o javascript >javascript.log 2>&1
  echo "openapi-ts list $(grep -q 'const listConference ' javascript/sdk.gen.ts && echo yes || echo no)," \
    "$(grep -c '^export const' javascript/sdk.gen.ts) operations"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
openapi-python-client exits with 0, list no, 7 operations
Parameters with same Python identifier DateCreated detected
openapi-ts list yes, 8 operations
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
