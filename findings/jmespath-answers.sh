#!/usr/bin/env bash
# Guess: an expression of JMESPath has one value in Python's library and the two of JavaScript: the language has a specification with a test suite.
# Seen:  in Python contains() finds true in [1, 2]. Text is put in order, 'a' < 'b', by jmespath in both languages and gives null in
#        @jmespath-community/jmespath, as the specification has it, so a filter by name or date is empty there. jmespath of JavaScript
#        denies that a text starts with ''.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check jmespath==1.1.0
npm install --silent --no-fund --no-audit jmespath@0.16.0 @jmespath-community/jmespath@1.3.0
cat >expressions <<'TEXT'
contains(`[1, 2]`, `true`)
'a' < 'b'
[?day < '2026-12-01'].day
starts_with('abc', '')
[?line == `1`].line
TEXT
echo '[{"day": "2026-11-30", "line": 1}, {"day": "2026-12-02", "line": true}]' >document.json
echo "version: jmespath==1.1.0 jmespath@0.16.0 @jmespath-community/jmespath@1.3.0"
echo "guess: the same in each column: Python, JavaScript, the community's."
seen=$(
  venv/bin/python - >python <<'PY'
import json

import jmespath

document = json.load(open("document.json"))
for line in open("expressions"):
    print(json.dumps(jmespath.search(line.strip(), document)))
PY
  node --input-type=module - <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import original from "jmespath";
import * as community from "@jmespath-community/jmespath";
const document = JSON.parse(readFileSync("document.json", "utf8"));
const lines = readFileSync("expressions", "utf8").trim().split("\n");
for (const [name, library] of Object.entries({ original, community })) {
  writeFileSync(name, lines.map((line) => JSON.stringify(library.search(document, line)) + "\n").join(""));
}
JS
  paste -d '|' expressions python original community
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
contains(`[1, 2]`, `true`)|true|false|false
'a' < 'b'|true|true|null
[?day < '2026-12-01'].day|["2026-11-30"]|["2026-11-30"]|[]
starts_with('abc', '')|true|false|true
[?line == `1`].line|[1]|[1]|[1]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
