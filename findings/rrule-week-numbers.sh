#!/usr/bin/env bash
# Guess: FREQ=YEARLY;BYWEEKNO=20 is one day a year, the weekday of the start in week 20, and with a BYDAY that day; each library has the part.
# Seen:  without BYDAY dateutil and rrule.js give all seven days of the week, rrule-temporal one. ical.js gives none, and with BYDAY it
#        leaves out the week number: the event is every Monday. It reads the twentieth Monday, BYDAY=20MO, as each Monday too.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0
npm install --silent --no-fund --no-audit ical.js@2.2.1 rrule@2.8.1 rrule-temporal@2.2.8
echo "version: python-dateutil==2.9.0.post0 ical.js@2.2.1 rrule@2.8.1 rrule-temporal@2.2.8"
echo "guess: one Monday in May of each year for the three rules, from each library."
cat >runs.mjs <<'JS'
import ICAL from "ical.js";
import rrule from "rrule";
import { RRuleTemporal } from "rrule-temporal";
const [rule] = process.argv.slice(2);
const text = `DTSTART:20260511T090000Z\nRRULE:${rule}`;
const runs = rrule.rrulestr(text).all().map((run) => run.toISOString().slice(0, 10));
const others = new RRuleTemporal({ rruleString: text }).all().map((run) => run.toString().slice(0, 10));
const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString("2026-05-11T09:00:00"));
const days = [];
for (let day = iterator.next(); day; day = iterator.next()) days.push(day.toString().slice(0, 10));
console.log("  rrule.js", ...runs);
console.log("  rrule-temporal", ...others);
console.log("  ical.js", ...days);
JS
seen=$(
  for rule in "FREQ=YEARLY;BYWEEKNO=20;COUNT=3" "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3" "FREQ=YEARLY;BYDAY=20MO;COUNT=3"; do
    echo "$rule"
    venv/bin/python - "$rule" <<'PY'
import sys
from datetime import datetime

from dateutil.rrule import rrulestr

print("  dateutil", *(f"{run:%Y-%m-%d}" for run in rrulestr(sys.argv[1], dtstart=datetime(2026, 5, 11, 9))))
PY
    TZ=UTC node runs.mjs "$rule"
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
FREQ=YEARLY;BYWEEKNO=20;COUNT=3
  dateutil 2026-05-11 2026-05-12 2026-05-13
  rrule.js 2026-05-11 2026-05-12 2026-05-13
  rrule-temporal 2026-05-11 2027-05-17 2028-05-15
  ical.js
FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3
  dateutil 2026-05-11 2027-05-17 2028-05-15
  rrule.js 2026-05-11 2027-05-17 2028-05-15
  rrule-temporal 2026-05-11 2027-05-17 2028-05-15
  ical.js 2026-05-18 2026-05-25 2026-06-01
FREQ=YEARLY;BYDAY=20MO;COUNT=3
  dateutil 2026-05-18 2027-05-17 2028-05-15
  rrule.js 2026-05-18 2027-05-17 2028-05-15
  rrule-temporal 2026-05-18 2027-05-17 2028-05-15
  ical.js 2026-05-11 2026-05-18 2026-05-25
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
