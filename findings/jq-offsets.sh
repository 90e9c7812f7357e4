#!/usr/bin/env bash
# Guess: 2026-11-30T10:00:00+02:00 read with strptime("%Y-%m-%dT%H:%M:%S%z") and mktime is 08:00 UTC in jq, as %z reads the offset, and in gojq,
#        which follows jq.
# Seen:  jq reads the offset and does not use it: 10:00 UTC, also for the dates of mail, -0500, and without an error. gojq uses it. fromdate, which takes
#        only a Z in jq, takes an offset in gojq and uses it as well.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check jq==1.13.0
cat >go.mod <<'MOD'
module finding

go 1.24

require github.com/itchyny/gojq v0.12.20
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/itchyny/gojq"
)

func main() {
	query, err := gojq.Parse(os.Args[1])
	if err != nil {
		panic(err)
	}
	value, _ := query.Run(os.Args[2]).Next()
	if _, failed := value.(error); failed {
		value = "an error"
	}
	fmt.Println("gojq", value)
}
GO
cat >run.py <<'PY'
import sys

import jq

try:
    print("jq", jq.compile(sys.argv[1]).input_value(sys.argv[2]).first())
except ValueError:
    print("jq an error")
PY
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
both() {
  echo "$2"
  venv/bin/python run.py "$1" "$2"
  ./finding "$1" "$2"
}
echo "version: jq==1.13.0 (libjq inside), gojq v0.12.20"
echo "guess: 2026-11-30T08:00:00Z and 2026-11-30T15:00:00Z from both, then an error from both."
seen=$(
  both 'strptime("%Y-%m-%dT%H:%M:%S%z") | mktime | todate' 2026-11-30T10:00:00+02:00
  both 'strptime("%a, %d %b %Y %H:%M:%S %z") | mktime | todate' "Mon, 30 Nov 2026 10:00:00 -0500"
  both 'fromdate | todate' 2026-11-30T10:00:00+02:00
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
2026-11-30T10:00:00+02:00
jq 2026-11-30T10:00:00Z
gojq 2026-11-30T08:00:00Z
Mon, 30 Nov 2026 10:00:00 -0500
jq 2026-11-30T10:00:00Z
gojq 2026-11-30T15:00:00Z
2026-11-30T10:00:00+02:00
jq an error
gojq 2026-11-30T08:00:00Z
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
