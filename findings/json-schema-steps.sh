#!/usr/bin/env bash
# Guess: whether 19.99 is a multiple of 0.01 has one answer from JSON Schema validators: a JSON number is a decimal text, and multipleOf is in the
#        specification's test suite, which each of these libraries runs.
# Seen:  no for jsonschema in Python and ajv in JavaScript, yes for jsonschema-rs in Rust and santhosh-tekuri/jsonschema in Go. A document that
#        the editor accepts, a budget of 0.07 in steps of 0.01, is refused by the service, or the reverse. 1.1 in steps of 0.1 passes in all.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="jsonschema==4.26.0 jsonschema-rs==0.61.2"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit ajv@8.20.0
cat >go.mod <<'MOD'
module finding

go 1.22

require github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func main() {
	for _, pair := range os.Args[1:] {
		value, step, _ := strings.Cut(pair, ":")
		text, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"type": "number", "multipleOf": ` + step + `}`))
		number, _ := jsonschema.UnmarshalJSON(strings.NewReader(value))
		compiler := jsonschema.NewCompiler()
		compiler.AddResource("steps.json", text)
		fmt.Print(" ", compiler.MustCompile("steps.json").Validate(number) == nil)
	}
}
GO
cat >check.py <<'PY'
import json
import sys

import jsonschema
import jsonschema_rs

pairs = [[json.loads(part) for part in pair.split(":")] for pair in sys.argv[1:]]
schemas = [({"type": "number", "multipleOf": step}, value) for value, step in pairs]
show = lambda name, answers: print(name, *(str(answer).lower() for answer in answers))
show("jsonschema", (jsonschema.Draft202012Validator(schema).is_valid(value) for schema, value in schemas))
show("jsonschema-rs", (jsonschema_rs.is_valid(schema, value) for schema, value in schemas))
PY
cat >check.mjs <<'JS'
import Ajv from "ajv/dist/2020.js";

const pairs = process.argv.slice(2).map((pair) => pair.split(":").map(Number));
console.log("ajv", ...pairs.map(([value, step]) => new Ajv.default().validate({ type: "number", multipleOf: step }, value)));
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
pairs="19.99:0.01 0.07:0.01 0.3:0.1 1.1:0.1"
echo "version: $pins ajv@8.20.0 santhosh-tekuri/jsonschema v6.0.3"
echo "guess: the same line from each, for $pairs."
seen=$(
  # shellcheck disable=SC2086
  {
    venv/bin/python check.py $pairs
    node check.mjs $pairs
    echo "santhosh-tekuri$(./finding $pairs)"
  }
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
jsonschema false false false true
jsonschema-rs true true true true
ajv false false false true
santhosh-tekuri true true true true
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
