#!/usr/bin/env bash
# Guess: dateutil, rrule.js and rrule-go, which follow one design, give the same moments for a rule in a zone, and a skipped 02:30 moves forward.
# Seen:  rrule-go moves it back to 01:30. Hourly rules count hours of the clock in dateutil and rrule-go: in spring one moment comes twice, in
#        autumn an hour is left out; rrule.js counts real hours.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0 tzdata==2026.6
npm install --silent --no-fund --no-audit rrule@2.8.1
cat >go.mod <<'MOD'
module finding

go 1.21

require github.com/teambition/rrule-go v1.8.2
MOD
cat >rules.txt <<'TEXT'
20260307T023000 FREQ=DAILY;COUNT=3
20260308T003000 FREQ=HOURLY;COUNT=4
20261101T003000 FREQ=HOURLY;COUNT=4
TEXT
cat >rules.py <<'PY'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

for line in open("rules.txt"):
    start, rule = line.split()
    first = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo("America/New_York"))
    print(rule, *(f"{run.astimezone(UTC):%m-%d.%H:%MZ}" for run in rrulestr(rule, dtstart=first)))
PY
cat >rules.js <<'JS'
const { rrulestr } = require("rrule");
for (const line of require("fs").readFileSync("rules.txt", "utf8").trim().split("\n")) {
  const [start, rule] = line.split(" ");
  const runs = rrulestr(`DTSTART;TZID=America/New_York:${start}\nRRULE:${rule}`).all();
  console.log(rule, ...runs.map((run) => run.toISOString().slice(5, 16).replace("T", ".") + "Z"));
}
JS
cat >rules.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

func main() {
	text, _ := os.ReadFile("rules.txt")
	zone, _ := time.LoadLocation("America/New_York")
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		start, rule, _ := strings.Cut(line, " ")
		option, _ := rrule.StrToROption(rule)
		option.Dtstart, _ = time.ParseInLocation("20060102T150405", start, zone)
		runs, _ := rrule.NewRRule(*option)
		fmt.Print(rule)
		for _, run := range runs.All() {
			fmt.Print(run.UTC().Format(" 01-02.15:04Z"))
		}
		fmt.Println()
	}
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o rules rules.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: python-dateutil==2.9.0.post0 rrule@2.8.1 github.com/teambition/rrule-go v1.8.2"
echo "guess: the three have the same lines."
seen=$(
  echo "dateutil"; venv/bin/python rules.py
  echo "rrule.js"; TZ=UTC node rules.js
  echo "rrule-go"; ./rules
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
dateutil
FREQ=DAILY;COUNT=3 03-07.07:30Z 03-08.07:30Z 03-09.06:30Z
FREQ=HOURLY;COUNT=4 03-08.05:30Z 03-08.06:30Z 03-08.07:30Z 03-08.07:30Z
FREQ=HOURLY;COUNT=4 11-01.04:30Z 11-01.05:30Z 11-01.07:30Z 11-01.08:30Z
rrule.js
FREQ=DAILY;COUNT=3 03-07.07:30Z 03-08.07:30Z 03-09.06:30Z
FREQ=HOURLY;COUNT=4 03-08.05:30Z 03-08.06:30Z 03-08.07:30Z 03-08.08:30Z
FREQ=HOURLY;COUNT=4 11-01.04:30Z 11-01.05:30Z 11-01.06:30Z 11-01.07:30Z
rrule-go
FREQ=DAILY;COUNT=3 03-07.07:30Z 03-08.06:30Z 03-09.06:30Z
FREQ=HOURLY;COUNT=4 03-08.05:30Z 03-08.06:30Z 03-08.06:30Z 03-08.07:30Z
FREQ=HOURLY;COUNT=4 11-01.04:30Z 11-01.05:30Z 11-01.07:30Z 11-01.08:30Z
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
