#!/usr/bin/env bash
# Guess: "Mo-Fr 22:00-06:00; PH off" leaves out the night that begins on a holiday, and the night before it goes on until 06:00.
# Seen:  both libraries go by the date: the night before ends at midnight, and the hours after the holiday's midnight are open, a half of a
#        night that did not begin. The two agree with one another.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check opening-hours-py==2.1.4
npm install --silent --no-fund --no-audit opening_hours@3.15.0
cat >hours.cjs <<'JS'
const Hours = require("opening_hours");
const hours = new Hours(process.argv[2], { lat: 37, lon: -122, address: { country_code: "us", state: "California" } });
const show = (moment) => moment.toISOString().slice(8, 16);
const spans = hours.getOpenIntervals(new Date("2026-11-25T12:00Z"), new Date("2026-11-28T12:00Z"));
console.log("opening_hours:", spans.map(([start, end]) => `${show(start)} to ${show(end)}`).join(", "));
JS
cat >hours.py <<'PY'
import sys
from datetime import datetime

from opening_hours import OpeningHours

hours = OpeningHours(sys.argv[1], country="US")
spans = hours.intervals(datetime(2026, 11, 25, 12), datetime(2026, 11, 28, 12))
opened = [f"{start:%dT%H:%M} to {end:%dT%H:%M}" for start, end, state, _ in spans if str(state) == "open"]
print("opening-hours-py:", ", ".join(opened))
PY
echo "version: opening_hours@3.15.0 opening-hours-py==2.1.4"
echo "guess: 25T22:00 to 26T06:00, 27T22:00 to 28T06:00 (the 26th is a holiday)"
seen=$(
  TZ=UTC node hours.cjs "Mo-Fr 22:00-06:00; PH off"
  venv/bin/python hours.py "Mo-Fr 22:00-06:00; PH off"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
opening_hours: 25T22:00 to 26T00:00, 27T00:00 to 27T06:00, 27T22:00 to 28T06:00
opening-hours-py: 25T22:00 to 26T00:00, 27T00:00 to 27T06:00, 27T22:00 to 28T06:00
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
