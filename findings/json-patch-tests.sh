#!/usr/bin/env bash
# Guess: a JSON patch that begins with {"op": "test"}, to guard a change, is applied or refused alike by each library: RFC 6902 says that the member must
#        exist, that numbers are equal by their values, and that the order of an object's members does not count.
# Seen:  evanphx/json-patch of Go takes a missing member for null, and refuses 30 for 30.0. immutable-json-patch of
#        JavaScript refuses members in another order. jsonpatch of Python, rfc6902, and fast-json-patch go by the RFC in all three.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check jsonpatch==1.48
npm install --silent --no-fund --no-audit rfc6902@5.4.0 fast-json-patch@3.1.1 immutable-json-patch@6.0.3
cat >go.mod <<'MOD'
module finding

go 1.22

require github.com/evanphx/json-patch/v5 v5.9.11
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"
	"os"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

func main() {
	patch, _ := jsonpatch.DecodePatch([]byte(os.Args[2]))
	_, err := patch.Apply([]byte(os.Args[1]))
	if err != nil {
		fmt.Println("evanphx/json-patch False")
	} else {
		fmt.Println("evanphx/json-patch True")
	}
}
GO
cat >apply.py <<'PY'
import json
import sys

import jsonpatch

try:
    jsonpatch.apply_patch(*map(json.loads, sys.argv[1:]))
    print("jsonpatch True")
except jsonpatch.JsonPatchTestFailed:
    print("jsonpatch False")
PY
cat >apply.mjs <<'JS'
import fast from "fast-json-patch";
import { immutableJSONPatch } from "immutable-json-patch";
import { applyPatch } from "rfc6902";

const [document, patch] = process.argv.slice(2);
const passes = (apply) => {
  try {
    return apply(JSON.parse(document), JSON.parse(patch));
  } catch {
    return false;
  }
};
const show = (name, apply) => console.log(name, passes(apply) ? "True" : "False");
show("rfc6902", (...args) => applyPatch(...args)[0] === null);
show("fast-json-patch", (...args) => fast.applyPatch(...args).length === 1);
show("immutable-json-patch", (...args) => immutableJSONPatch(...args) !== undefined);
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
apply() {
  echo "$1 in $2"
  patch="[{\"op\": \"test\", $1}]"
  venv/bin/python apply.py "$2" "$patch"
  node apply.mjs "$2" "$patch"
  ./finding "$2" "$patch"
}
echo "version: jsonpatch==1.48 rfc6902@5.4.0 fast-json-patch@3.1.1 immutable-json-patch@6.0.3 evanphx/json-patch v5.9.11"
echo "guess: False from each for the missing member, True from each for the other two."
seen=$(
  apply '"path": "/label", "value": null' '{"muted": true}'
  apply '"path": "/timeout", "value": 30' '{"timeout": 30.0}'
  apply '"path": "/phone", "value": {"to": "a", "via": "b"}' '{"phone": {"via": "b", "to": "a"}}'
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
"path": "/label", "value": null in {"muted": true}
jsonpatch False
rfc6902 False
fast-json-patch False
immutable-json-patch False
evanphx/json-patch True
"path": "/timeout", "value": 30 in {"timeout": 30.0}
jsonpatch True
rfc6902 True
fast-json-patch True
immutable-json-patch True
evanphx/json-patch False
"path": "/phone", "value": {"to": "a", "via": "b"} in {"phone": {"via": "b", "to": "a"}}
jsonpatch True
rfc6902 True
fast-json-patch True
immutable-json-patch False
evanphx/json-patch True
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
