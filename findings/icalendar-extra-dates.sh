#!/usr/bin/env bash
# Guess: an event on 30 November with RDATE for 5 December, and no rule, is on both days: RFC 5545 counts the start as the first one always.
# Seen:  recurring-ical-events gives both. ical and ical.js leave out the event's own start, and node-ical the added date. With a rule
#        beside the RDATE the first three give all days, and node-ical still leaves out the added one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="recurring-ical-events==3.8.2 icalendar==7.3.2 ical==14.3.1"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit ical.js@2.2.1 node-ical@0.26.1
cat >read.py <<'PY'
from datetime import date

import recurring_ical_events
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

text = open("calendar.ics", newline="").read()
events = recurring_ical_events.of(Calendar.from_ical(text)).between(date(2026, 11, 1), date(2026, 12, 31))
print("recurring-ical-events", *sorted(f"{event.start:%d.%m.}" for event in events))
print("ical", *sorted(f"{event.start:%d.%m.}" for event in IcsCalendarStream.calendar_from_ics(text).timeline))
PY
cat >read.mjs <<'JS'
import ICAL from "ical.js";
import nodeIcal from "node-ical";
import { readFileSync } from "node:fs";
const text = readFileSync("calendar.ics", "utf8");
const show = (name, days) => console.log(name, ...days.map((day) => `${day.slice(8, 10)}.${day.slice(5, 7)}.`).sort());
const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent("vevent"));
const iterator = event.iterator();
const days = [];
for (let day = iterator.next(); day; day = iterator.next()) days.push(day.toString());
show("ical.js", days);
const range = { from: new Date("2026-11-01"), to: new Date("2026-12-31") };
show("node-ical", nodeIcal.expandRecurringEvent(nodeIcal.sync.parseICS(text).shift, range).map((each) => each.start.toISOString()));
JS
calendar() {
  printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:-//example.com//shifts//EN BEGIN:VEVENT UID:shift DTSTAMP:20260101T000000Z \
    DTSTART:20261130T090000Z DURATION:PT8H "$@" END:VEVENT END:VCALENDAR >calendar.ics
  venv/bin/python -W ignore read.py
  TZ=UTC node read.mjs
}
echo "version: $pins ical.js@2.2.1 node-ical@0.26.1"
echo "guess: 05.12. 30.11. from each, and 01.12. with the rule."
seen=$(
  echo "RDATE"
  calendar RDATE:20261205T090000Z
  echo "RDATE and RRULE"
  calendar RDATE:20261205T090000Z "RRULE:FREQ=DAILY;COUNT=2"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
RDATE
recurring-ical-events 05.12. 30.11.
ical 05.12.
ical.js 05.12.
node-ical 30.11.
RDATE and RRULE
recurring-ical-events 01.12. 05.12. 30.11.
ical 01.12. 05.12. 30.11.
ical.js 01.12. 05.12. 30.11.
node-ical 01.12. 30.11.
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
