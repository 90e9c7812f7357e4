#!/usr/bin/env bash
# Guess: an expression of CEL has one value, whichever library evaluates it: the language has a specification with conformance tests.
# Seen:  six of seven have not. A key whose value is null is there for has() or is not; 1500ms has 1500 milliseconds or 500; the text
#        of 1.0 is "1.0" or "1"; 1 == 1.0 is true or refused, and so are an hour in the zone +02:00 and the number of a timestamp.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check cel-python==0.5.0
npm install --silent --no-fund --no-audit @bufbuild/cel@0.6.1 @marcbachmann/cel-js@8.0.0
cat >expressions <<'TEXT'
has(call.end)
duration('1500ms').getMilliseconds() == 1500
string(1.0) == '1'
1 == 1.0
timestamp('2026-11-30T09:00:00Z').getHours('+02:00') == 11
int(timestamp('1970-01-01T00:01:00Z')) == 60
[1, 2].exists(line, 2 / line == 1)
TEXT
cat >evaluate.py <<'PY'
from celpy import Environment, json_to_cel

environment = Environment()
call = json_to_cel({"end": None})
for line in open("expressions"):
    try:
        value = environment.program(environment.compile(line.strip())).evaluate({"call": call})
        print(str(bool(value)).lower())
    except Exception as error:
        print("refused" if type(error).__name__ == "CELEvalError" else repr(error))
PY
cat >evaluate.mjs <<'JS'
import { celEnv, parse, plan } from "@bufbuild/cel";
import { evaluate } from "@marcbachmann/cel-js";
import { readFileSync } from "node:fs";
const environment = celEnv();
const variables = { call: { end: null } };
const evaluators = { bufbuild: (text) => plan(environment, parse(text))(variables), marcbachmann: (text) => evaluate(text, variables) };
const evaluator = evaluators[process.argv[2]];
for (const line of readFileSync("expressions", "utf8").trim().split("\n")) {
  let value = "refused";
  try {
    value = evaluator(line);
  } catch {}
  console.log(value instanceof Error || value?.constructor?.name === "CelError" ? "refused" : String(value));
}
JS
echo "version: cel-python==0.5.0 @bufbuild/cel@0.6.1 @marcbachmann/cel-js@8.0.0"
echo "guess: the same in each column: cel-python, @bufbuild/cel, @marcbachmann/cel-js."
seen=$(
  venv/bin/python -W ignore evaluate.py >python
  node evaluate.mjs bufbuild >bufbuild
  node evaluate.mjs marcbachmann >marcbachmann
  paste -d '|' expressions python bufbuild marcbachmann
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
has(call.end)|true|false|true
duration('1500ms').getMilliseconds() == 1500|true|false|true
string(1.0) == '1'|false|true|true
1 == 1.0|refused|true|refused
timestamp('2026-11-30T09:00:00Z').getHours('+02:00') == 11|true|true|refused
int(timestamp('1970-01-01T00:01:00Z')) == 60|true|true|refused
[1, 2].exists(line, 2 / line == 1)|true|true|true
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
