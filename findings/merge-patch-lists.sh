#!/usr/bin/env bash
# Guess: a JSON merge patch replaces a list as a whole, as it stands in the patch, nulls of its objects included: RFC 7396 removes members by null in
#        the objects that it merges, and a list is not merged.
# Seen:  evanphx/json-patch of Go takes the nulls out of the objects in the list as well: {"to": "a", "via": null} becomes {"to": "a"}.
#        json-merge-patch of Python and of JavaScript, and tiny-merge-patch, keep them.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check json-merge-patch==0.3.0
npm install --silent --no-fund --no-audit json-merge-patch@1.0.2 tiny-merge-patch@1.0.0
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
	merged, err := jsonpatch.MergePatch([]byte(os.Args[1]), []byte(os.Args[2]))
	fmt.Println("evanphx/json-patch", string(merged), err)
}
GO
cat >merge.py <<'PY'
import json
import sys

import json_merge_patch

merged = json_merge_patch.merge(*map(json.loads, sys.argv[1:]))
print("json-merge-patch of Python", json.dumps(merged, separators=(",", ":")))
PY
cat >merge.mjs <<'JS'
import merge from "json-merge-patch";
import { apply } from "tiny-merge-patch";

const [document, patch] = process.argv.slice(2);
console.log("json-merge-patch of JavaScript", JSON.stringify(merge.apply(JSON.parse(document), JSON.parse(patch))));
console.log("tiny-merge-patch", JSON.stringify(apply(JSON.parse(document), JSON.parse(patch))));
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
document='{"phones":[{"to":"a","via":"b"}],"label":"x"}'
patch='{"phones":[{"to":"a","via":null}],"label":null}'
echo "version: json-merge-patch==0.3.0 json-merge-patch@1.0.2 tiny-merge-patch@1.0.0 evanphx/json-patch v5.9.11"
echo 'guess: {"phones":[{"to":"a","via":null}]} from each.'
seen=$(
  venv/bin/python merge.py "$document" "$patch"
  node merge.mjs "$document" "$patch"
  ./finding "$document" "$patch"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
json-merge-patch of Python {"phones":[{"to":"a","via":null}]}
json-merge-patch of JavaScript {"phones":[{"to":"a","via":null}]}
tiny-merge-patch {"phones":[{"to":"a","via":null}]}
evanphx/json-patch {"phones":[{"to":"a"}]} <nil>
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
