#!/usr/bin/env bash
# Guess: a Lease that Kubernetes' client for Python writes, with a datetime as its renewTime, is one that Kubernetes reads, whatever the datetime: the field is a time
#        with microseconds, and isoformat() has them.
# Seen:  isoformat() leaves them out if they are 0, and Kubernetes' own type, MicroTime, refuses a time without them: one renewal in a million by the clock, and
#        each one by code that cuts the time to the second, or that writes back a lease of another holder whose time has no fraction. A creation time, of the type
#        Time, is read with and without. The client for JavaScript has a type for it and always writes six digits.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check kubernetes==37.0.2
npm install --silent --no-fund --no-audit node@22.23.3 @kubernetes/client-node@2.0.1
cat >go.mod <<'MOD'
module finding

go 1.26

require k8s.io/apimachinery v0.37.2
MOD
cat >finding.go <<'GO'
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type lease struct {
	RenewTime         *metav1.MicroTime
	CreationTimestamp *metav1.Time
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), "\t")
		word := "read"
		if err := json.Unmarshal([]byte(text), &lease{}); err != nil {
			word = "refused"
		}
		fmt.Printf("%s: %s: %s\n", name, text, word)
	}
}
GO
cat >write.py <<'PY'
import datetime
import json

from kubernetes.client import ApiClient, V1LeaseSpec, V1ObjectMeta

client = ApiClient()
now = datetime.datetime(2026, 11, 30, 10, 0, 0, 120_000, datetime.UTC)
for name, value in {
    "Python, a lease": V1LeaseSpec(renew_time=now),
    "Python, a lease at a whole second": V1LeaseSpec(renew_time=now.replace(microsecond=0)),
    "Python, a creation time at a whole second": V1ObjectMeta(creation_timestamp=now.replace(microsecond=0)),
}.items():
    print(name, json.dumps(client.sanitize_for_serialization(value)), sep="\t")
PY
cat >write.mjs <<'JS'
import { V1MicroTime } from "@kubernetes/client-node";
console.log(`JavaScript, a lease at a whole second\t${JSON.stringify({ renewTime: new V1MicroTime("2026-11-30T10:00:00Z") })}`);
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -p 1 -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: kubernetes==37.0.2 @kubernetes/client-node@2.0.1 k8s.io/apimachinery v0.37.2"
echo "guess: all are read."
seen=$({ venv/bin/python write.py; node_modules/.bin/node write.mjs; } | ./finding)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Python, a lease: {"renewTime": "2026-11-30T10:00:00.120000+00:00"}: read
Python, a lease at a whole second: {"renewTime": "2026-11-30T10:00:00+00:00"}: refused
Python, a creation time at a whole second: {"creationTimestamp": "2026-11-30T10:00:00+00:00"}: read
JavaScript, a lease at a whole second: {"renewTime":"2026-11-30T10:00:00.000000Z"}: read
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
