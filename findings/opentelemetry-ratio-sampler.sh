#!/usr/bin/env bash
# Guess: the ratio sampler decides from the trace's number alone, so that services that each use it with one ratio keep the same traces.
# Seen:  JavaScript mixes all four parts of the number and Python and Go use its end, so a service in JavaScript keeps other traces: of 4000,
#        the kept halves of Python and Go are the same, and JavaScript shares about half of it. The rest are traces with gaps.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check opentelemetry-sdk==1.45.2
npm install --silent --no-fund --no-audit @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1
cat >go.mod <<'MOD'
module finding

go 1.26.8

require (
	go.opentelemetry.io/otel/sdk v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
)
MOD
cat >sample.go <<'GO'
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	sampler := sdk.TraceIDRatioBased(0.5)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		id, err := trace.TraceIDFromHex(lines.Text())
		if err != nil {
			panic(err)
		}
		parameters := sdk.SamplingParameters{ParentContext: context.Background(), TraceID: id}
		if sampler.ShouldSample(parameters).Decision == sdk.RecordAndSample {
			fmt.Println(id)
		}
	}
}
GO
cat >sample.py <<'PY'
import sys

from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

sampler = TraceIdRatioBased(0.5)
for line in map(str.strip, sys.stdin):
    if sampler.should_sample(None, int(line, 16), "call").decision.is_sampled():
        print(line)
PY
cat >sample.cjs <<'JS'
const { SamplingDecision, TraceIdRatioBasedSampler } = require("@opentelemetry/sdk-trace-base");
const { ROOT_CONTEXT } = require("@opentelemetry/api");

const sampler = new TraceIdRatioBasedSampler(0.5);
for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  if (sampler.shouldSample(ROOT_CONTEXT, line).decision === SamplingDecision.RECORD_AND_SAMPLED) console.log(line);
}
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o sample sample.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: opentelemetry-sdk==1.45.2 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/api@1.9.1 go.opentelemetry.io/otel/sdk v1.47.0"
echo "guess: all three keep the same traces."
venv/bin/python -c 'import hashlib
for number in range(4000): print(hashlib.sha256(str(number).encode()).hexdigest()[:32])' | sort >traces.txt
venv/bin/python sample.py <traces.txt >python.txt
./sample <traces.txt >go.txt
node sample.cjs <traces.txt >javascript.txt
seen=$(
  for name in python go javascript; do
    echo "$name keeps $(grep -c . "$name.txt"), of them kept by python: $(comm -12 python.txt "$name.txt" | grep -c .)"
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
python keeps 1990, of them kept by python: 1990
go keeps 1990, of them kept by python: 1990
javascript keeps 2004, of them kept by python: 980
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
