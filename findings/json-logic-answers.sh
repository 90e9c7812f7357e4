#!/usr/bin/env bash
# Guess: a rule in JsonLogic has one answer, whichever library evaluates it: the format is meant to be shared by a browser and a server, and has one suite of
#        tests for all languages.
# Seen:  for calls without minutes, minutes < 1 is true in four libraries and false in Python's json-logic-qubit; minutes >= 0 is false in
#        jsonlogic-rs as well. null == 0 and null == false have two answers, also within JavaScript, a key that is null is missing or not, an
#        empty object is true or false, and the text of null is "", "None", or "null". Of numbers that are there, -5 % 3 is 1 in the one of Python.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check json-logic-qubit==0.9.1 jsonlogic-rs==0.5.0 datalogic-py==5.9.0
npm install --silent --no-fund --no-audit json-logic-js@2.0.5 json-logic-engine@5.0.7
cat >rules <<'TEXT'
{"<": [{"var": "minutes"}, 1]}
{">=": [{"var": "minutes"}, 0]}
{"==": [{"var": "end"}, 0]}
{"==": [{"var": "end"}, false]}
{"missing": ["end"]}
{"!!": [{"var": "tags"}]}
{"%": [-5, 3]}
{"cat": ["v", 1.0]}
{"cat": ["by ", {"var": "end"}]}
{"==": [1, "1"]}
{"in": ["1", [1, 2]]}
TEXT
cat >evaluate.mjs <<'JS'
import { LogicEngine } from "json-logic-engine";
import jsonLogic from "json-logic-js";
import { readFileSync } from "node:fs";
const call = { end: null, tags: {} };
const engine = new LogicEngine();
const libraries = { "json-logic-js": jsonLogic.apply, "json-logic-engine": (rule, data) => engine.run(rule, data) };
for (const line of readFileSync("rules", "utf8").trim().split("\n"))
  console.log(JSON.stringify(libraries[process.argv[2]](JSON.parse(line), call)));
JS
cat >evaluate.py <<'PY'
import json
import sys

import datalogic_py
import json_logic
import jsonlogic_rs

LIBRARIES = {"json-logic-qubit": json_logic.jsonLogic, "jsonlogic-rs": jsonlogic_rs.apply, "datalogic-py": datalogic_py.apply}
for line in open("rules"):
    print(json.dumps(LIBRARIES[sys.argv[1]](json.loads(line), {"end": None, "tags": {}})))
PY
echo "version: json-logic-js@2.0.5 json-logic-engine@5.0.7 json-logic-qubit==0.9.1 jsonlogic-rs==0.5.0 datalogic-py==5.9.0"
echo "guess: five answers alike in each line."
seen=$(
  mkdir answers
  for library in json-logic-js json-logic-engine; do node evaluate.mjs "$library" >"answers/$library"; done
  for library in json-logic-qubit jsonlogic-rs datalogic-py; do venv/bin/python -W ignore evaluate.py "$library" >"answers/$library"; done
  cd answers
  echo "rule | json-logic-js | json-logic-engine | json-logic-qubit | jsonlogic-rs | datalogic-py"
  paste -d "|" ../rules json-logic-js json-logic-engine json-logic-qubit jsonlogic-rs datalogic-py | sed 's/|/ | /g'
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
rule | json-logic-js | json-logic-engine | json-logic-qubit | jsonlogic-rs | datalogic-py
{"<": [{"var": "minutes"}, 1]} | true | true | false | true | true
{">=": [{"var": "minutes"}, 0]} | true | true | false | false | true
{"==": [{"var": "end"}, 0]} | false | true | false | false | true
{"==": [{"var": "end"}, false]} | false | true | true | false | true
{"missing": ["end"]} | ["end"] | [] | ["end"] | [] | []
{"!!": [{"var": "tags"}]} | true | false | false | true | false
{"%": [-5, 3]} | -2 | -2 | 1 | -2 | -2
{"cat": ["v", 1.0]} | "v1" | "v1" | "v1.0" | "v1.0" | "v1.0"
{"cat": ["by ", {"var": "end"}]} | "by " | "by " | "by None" | "by null" | "by "
{"==": [1, "1"]} | true | true | true | true | true
{"in": ["1", [1, 2]]} | false | false | false | false | false
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
