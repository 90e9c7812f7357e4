#!/usr/bin/env bash
# Guess: every 90 minutes within some hours of the day keeps its step of 90 minutes over the night, as 16 steps make a day: 09:00 again.
# Seen:  rrule.js loses the step where it skips hours: the next day starts at 09:30. dateutil, from which it was translated, keeps it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0
npm install --silent --no-fund --no-audit rrule@2.8.1
rule="FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11,12;COUNT=6"
echo "version: rrule@2.8.1 python-dateutil==2.9.0.post0"
echo "guess: the second day has the times of the first, 09:00, 10:30, 12:00, in both."
seen=$(
  TZ=UTC node - "$rule" <<'JS'
const { rrulestr } = require("rrule");
const runs = rrulestr(`DTSTART:20261104T090000Z\nRRULE:${process.argv[2]}`).all();
console.log("rrule.js", ...runs.map((run) => run.toISOString().slice(8, 16)));
JS
  venv/bin/python - "$rule" <<'PY'
import sys
from datetime import datetime

from dateutil.rrule import rrulestr

print("dateutil", *(f"{run:%dT%H:%M}" for run in rrulestr(sys.argv[1], dtstart=datetime(2026, 11, 4, 9))))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
rrule.js 04T09:00 04T10:30 04T12:00 05T09:30 05T11:00 05T12:30
dateutil 04T09:00 04T10:30 04T12:00 05T09:00 05T10:30 05T12:00
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
