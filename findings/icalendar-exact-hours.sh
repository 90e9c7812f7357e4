#!/usr/bin/env bash
# Guess: a shift of DURATION:PT8H is eight hours long, also in the night in which clocks change; RFC 5545 calls hours exact, and days nominal.
# Seen:  icalendar, ical, and ical.js add the hours to the clock's time, so in spring it ends after seven and in autumn after nine hours;
#        PT24H is the same as P1D. Python's duration of the same event still says eight.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check icalendar==7.3.2 ical==14.3.1
npm install --silent --no-fund --no-audit ical.js@2.2.1
cat >calendar.ics <<'ICS'
BEGIN:VCALENDAR
PRODID:-//example.com//shifts//EN
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:shift
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:DAYT220000
DURATION:LENGTH
SUMMARY:night shift
END:VEVENT
END:VCALENDAR
ICS
sed -i 's/$/\r/' calendar.ics
echo "version: icalendar==7.3.2 ical==14.3.1 ical.js@2.2.1"
echo "guess: 8 hours for PT8H and 24 for PT24H; for P1D 23 in spring and 25 in autumn."
cat >read.py <<'PY'
import sys
from datetime import UTC

from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

text = open("shift.ics", newline="").read()
for name, event in (
    ("icalendar", Calendar.from_ical(text).events[0]),
    ("ical", IcsCalendarStream.calendar_from_ics(text).events[0]),
):
    real = event.end.astimezone(UTC) - event.start.astimezone(UTC)
    print(*sys.argv[1:], name, "hours", real.total_seconds() / 3600, "duration", event.duration.total_seconds() / 3600)
PY
cat >read.mjs <<'JS'
import ICAL from "ical.js";
import { readFileSync } from "node:fs";
const calendar = new ICAL.Component(ICAL.parse(readFileSync("shift.ics", "utf8")));
const event = new ICAL.Event(calendar.getFirstSubcomponent("vevent"));
const hours = (event.endDate.toUnixTime() - event.startDate.toUnixTime()) / 3600;
console.log(...process.argv.slice(2), "ical.js hours", hours, "duration", event.duration.toSeconds() / 3600);
JS
seen=$(
  for day in 20260328 20261024; do
    for length in PT8H PT24H P1D; do
      sed "s/DAYT/${day}T/; s/LENGTH/$length/" calendar.ics >shift.ics
      venv/bin/python -W ignore read.py $day $length
      node read.mjs $day $length
    done
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
20260328 PT8H icalendar hours 7.0 duration 8.0
20260328 PT8H ical hours 7.0 duration 8.0
20260328 PT8H ical.js hours 7 duration 8
20260328 PT24H icalendar hours 23.0 duration 24.0
20260328 PT24H ical hours 23.0 duration 24.0
20260328 PT24H ical.js hours 23 duration 24
20260328 P1D icalendar hours 23.0 duration 24.0
20260328 P1D ical hours 23.0 duration 24.0
20260328 P1D ical.js hours 23 duration 24
20261024 PT8H icalendar hours 9.0 duration 8.0
20261024 PT8H ical hours 9.0 duration 8.0
20261024 PT8H ical.js hours 9 duration 8
20261024 PT24H icalendar hours 25.0 duration 24.0
20261024 PT24H ical hours 25.0 duration 24.0
20261024 PT24H ical.js hours 25 duration 24
20261024 P1D icalendar hours 25.0 duration 24.0
20261024 P1D ical hours 25.0 duration 24.0
20261024 P1D ical.js hours 25 duration 24
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
