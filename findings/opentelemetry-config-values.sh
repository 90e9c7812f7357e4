#!/usr/bin/env bash
# Guess: one configuration file of OpenTelemetry, with values from the environment, gives the same values to the packages for Python and JavaScript that read it:
#        the file exists so that services in all languages share it.
# Seen:  Python leaves ${env:TEAM} as it stands, braces and all, which the specification has as a form of ${TEAM}. A variable that is empty takes the default in
#        JavaScript and not in Python. 0042 is 34 in Python and 42 in JavaScript, 22:30:00 is 81000 and a text, off is false and a text. Both make a
#        number of +12025550101; in quotes, "${PHONE}", all of them are texts in both.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check opentelemetry-configuration==0.66b2
npm install --silent --no-fund --no-audit @opentelemetry/configuration@0.301.0
cat >otel.yaml <<'YAML'
file_format: "1.0"
resource:
  attributes:
    - {name: team, value: "${TEAM}"}
    - {name: team by env, value: "${env:TEAM}"}
    - {name: default, value: "${NONE:-night}"}
    - {name: default of an empty one, value: "${EMPTY:-night}"}
    - {name: dollar, value: "$${TEAM}"}
    - name: extension
      value: ${EXTENSION}
    - name: start
      value: ${START}
    - name: recording
      value: ${RECORDING}
    - name: phone
      value: ${PHONE}
    - name: phone in quotes
      value: "${PHONE}"
YAML
cat >read.py <<'PY'
import json

from opentelemetry.configuration import load_config_file

for attribute in load_config_file("otel.yaml").resource.attributes:
    print(f"{attribute.name}: {json.dumps(attribute.value)}")
PY
cat >read.mjs <<'JS'
import { parseConfigFile } from "@opentelemetry/configuration";
for (const { name, value } of parseConfigFile("otel.yaml").resource.attributes) console.log(`${name}: ${JSON.stringify(value)}`);
JS
export TEAM=sales EMPTY="" EXTENSION=0042 START=22:30:00 RECORDING=off PHONE=+12025550101
echo "version: opentelemetry-configuration==0.66b2 @opentelemetry/configuration@0.301.0"
echo "guess: the same from both."
seen=$(
  venv/bin/python read.py >python
  node read.mjs >javascript
  paste -d "|" python javascript | sed 's/|/ | /'
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
team: "sales" | team: "sales"
team by env: "${env:TEAM}" | team by env: "sales"
default: "night" | default: "night"
default of an empty one: "" | default of an empty one: "night"
dollar: "${TEAM}" | dollar: "${TEAM}"
extension: 34 | extension: 42
start: 81000 | start: "22:30:00"
recording: false | recording: "off"
phone: 12025550101 | phone: 12025550101
phone in quotes: "+12025550101" | phone in quotes: "+12025550101"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
