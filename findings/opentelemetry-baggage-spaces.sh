#!/usr/bin/env bash
# Guess: baggage passed through a service has the same values afterwards, whichever SDK the service has; a property (";ttl=5") is not part of the value.
# Seen:  Python writes a space as a plus, which Go and JavaScript read as a plus; Go writes a plus as it is, which Python reads as a space.
#        In Python a property is part of the value, and is written so that the others read it as part of the value as well.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check opentelemetry-api==1.45.2
npm install --silent --no-fund --no-audit @opentelemetry/api@1.9.1 @opentelemetry/core@2.12.1
cat >go.mod <<'MOD'
module finding

go 1.26.8

require go.opentelemetry.io/otel v1.47.0
MOD
cat >pass.go <<'GO'
package main

import (
	"fmt"
	"os"

	"go.opentelemetry.io/otel/baggage"
)

func main() {
	bag, err := baggage.Parse(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "Go reads %q\n", bag.Member("room").Value())
	fmt.Println(bag)
}
GO
cat >pass.py <<'PY'
import sys

from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

propagator = W3CBaggagePropagator()
context = propagator.extract({"baggage": sys.argv[1]})
print(f'Python reads "{baggage.get_baggage("room", context)}"', file=sys.stderr)
headers = {}
propagator.inject(headers, context)
print(headers["baggage"])
PY
cat >pass.cjs <<'JS'
const api = require("@opentelemetry/api");
const { W3CBaggagePropagator } = require("@opentelemetry/core");

const propagator = new W3CBaggagePropagator();
const context = propagator.extract(api.ROOT_CONTEXT, { baggage: process.argv[2] }, api.defaultTextMapGetter);
console.error(`JavaScript reads "${api.propagation.getBaggage(context).getEntry("room").value}"`);
const headers = {};
propagator.inject(context, headers, api.defaultTextMapSetter);
console.log(headers.baggage);
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o pass pass.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: opentelemetry-api==1.45.2 @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1 go.opentelemetry.io/otel v1.47.0"
echo 'guess: each reads "front desk", "a+b", and "sales".'
along() { # HEADER COMMAND…: pass the header through each, as services that call one another do
  printf '%s' "$1" >header.txt
  printf '%s:\n' "$1"
  shift
  for service in "$@"; do
    $service "$(cat header.txt)" >next.txt 2>read.txt
    mv next.txt header.txt
    cat read.txt
  done
}
seen=$(
  along "room=front%20desk" "venv/bin/python pass.py" ./pass
  along "room=front%20desk" "venv/bin/python pass.py" "node pass.cjs"
  along "room=a%2Bb" ./pass "venv/bin/python pass.py"
  along "room=a%2Bb" "node pass.cjs" "venv/bin/python pass.py"
  along "room=sales;ttl=5" ./pass "node pass.cjs" "venv/bin/python pass.py" ./pass "node pass.cjs"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
room=front%20desk:
Python reads "front desk"
Go reads "front+desk"
room=front%20desk:
Python reads "front desk"
JavaScript reads "front+desk"
room=a%2Bb:
Go reads "a+b"
Python reads "a b"
room=a%2Bb:
JavaScript reads "a+b"
Python reads "a+b"
room=sales;ttl=5:
Go reads "sales"
JavaScript reads "sales"
Python reads "sales;ttl=5"
Go reads "sales;ttl=5"
JavaScript reads "sales;ttl=5"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
