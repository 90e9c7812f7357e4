#!/usr/bin/env bash
# Guess: whether {"format": "date-time"} refuses "tomorrow" is one answer for validators as they come: no, since the specification has format as a note
#        unless it is asked for, and the year of the schema's own language, in $schema, does not change it.
# Seen:  five validators have four answers. For draft 7 jsonschema of Python takes it, and jsonschema-rs, fastjsonschema, and santhosh-tekuri's of
#        Go refuse it; with the $schema of 2020-12 only fastjsonschema still does. ajv refuses the schema itself, for both. So a new
#        $schema line, which looks like an upgrade, turns the checks of dates, times, and addresses off.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="jsonschema==4.26.0 jsonschema-rs==0.60.3 fastjsonschema==2.22.3"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit ajv@8.20.0
cat >validate.mjs <<'JS'
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
const draft = JSON.parse(process.argv[2]).$schema;
const ajv = draft.includes("2020") ? new Ajv2020.default({ logger: false }) : new Ajv.default({ logger: false });
try {
  console.log(ajv.compile(JSON.parse(process.argv[2]))(process.argv[3]) ? "valid" : "invalid");
} catch {
  console.log("the schema is refused");
}
JS
cat >go.mod <<'MOD'
module finding

go 1.26

require github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
MOD
cat >validate.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func main() {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(os.Args[1]))
	if err != nil {
		panic(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		panic(err)
	}
	if compiler.MustCompile("schema.json").Validate(os.Args[2]) == nil {
		fmt.Println("valid")
	} else {
		fmt.Println("invalid")
	}
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o validate validate.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: $pins ajv@8.20.0 github.com/santhosh-tekuri/jsonschema/v6 v6.0.3"
echo "guess: valid for each."
seen=$(venv/bin/python - <<'PY'
import json
import subprocess

import fastjsonschema
import jsonschema_rs
from jsonschema.validators import validator_for

DRAFTS = {"draft 7": "http://json-schema.org/draft-07/schema#", "2020-12": "https://json-schema.org/draft/2020-12/schema"}


def fast(schema: dict, value: str) -> bool:
    try:
        fastjsonschema.validate(schema, value)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def program(*command: str):
    def answer(schema: dict, value: str) -> str:
        call = [*command, json.dumps(schema), value]
        return subprocess.run(call, check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    return answer


VALIDATORS = {
    "jsonschema": lambda schema, value: validator_for(schema)(schema).is_valid(value),
    "jsonschema-rs": lambda schema, value: jsonschema_rs.is_valid(schema, value),
    "fastjsonschema": fast,
    "santhosh-tekuri": program("./validate"),
    "ajv": program("node", "validate.mjs"),
}
for draft, uri in DRAFTS.items():
    for name, validate in VALIDATORS.items():
        result = validate({"$schema": uri, "type": "string", "format": "date-time"}, "tomorrow")
        print(f"{draft}, {name}:", {True: "valid", False: "invalid"}.get(result, result))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
draft 7, jsonschema: valid
draft 7, jsonschema-rs: invalid
draft 7, fastjsonschema: invalid
draft 7, santhosh-tekuri: invalid
draft 7, ajv: the schema is refused
2020-12, jsonschema: valid
2020-12, jsonschema-rs: valid
2020-12, fastjsonschema: invalid
2020-12, santhosh-tekuri: valid
2020-12, ajv: the schema is refused
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
