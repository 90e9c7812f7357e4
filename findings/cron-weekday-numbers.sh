#!/usr/bin/env bash
# Guess: in five fields of cron the weekdays 1-5 are Monday to Friday, 5-7 Friday to Sunday, and 1/2 every second day from Monday on: three days.
# Seen:  in APScheduler 1-5 is Tuesday to Saturday, and 7 is refused. 1/2 is three days in croniter and has Sunday as a fourth, beside
#        Monday, in cronsim, cron-parser, and cron: the step goes on to 7, which is Sunday. croner refuses it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="croniter==7.0.0 cronsim==2.8 APScheduler==3.11.3"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit croner@11.0.1 cron-parser@5.10.6 cron@4.4.0
cat >days.py <<'PY'
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

START = datetime(2026, 11, 29, tzinfo=UTC)
DAYS = [START + timedelta(days=day, hours=9) for day in range(7)]


def by_croniter(text):
    iterator = croniter(text, START)
    return takewhile(lambda run: run <= DAYS[-1], (iterator.get_next(datetime) for _ in DAYS))


def by_cronsim(text):
    return takewhile(lambda run: run <= DAYS[-1], islice(CronSim(text, START), len(DAYS)))


def by_apscheduler(text):
    trigger = CronTrigger.from_crontab(text, timezone=UTC)
    return (day for day in DAYS if trigger.get_next_fire_time(None, day) == day)


for name, runs in (("croniter", by_croniter), ("cronsim", by_cronsim), ("APScheduler", by_apscheduler)):
    try:
        print(" ", name, *(f"{run:%a}" for run in runs(f"0 9 * * {sys.argv[1]}")))
    except ValueError:
        print(" ", name, "refused")
PY
cat >days.cjs <<'JS'
const { Cron } = require("croner");
const { CronExpressionParser } = require("cron-parser");
const { CronTime } = require("cron");
const begin = new Date("2026-11-29T00:00:00Z");
const end = new Date("2026-12-05T09:00:00Z");
const steps = (next) => {
  const runs = [];
  for (let run = next(begin); run <= end; run = next(run)) runs.push(run);
  return runs;
};
const libraries = {
  croner: (text) => steps((last) => new Cron(text, { timezone: "UTC" }).nextRun(last)),
  "cron-parser": (text) => steps((last) => CronExpressionParser.parse(text, { currentDate: last, tz: "UTC" }).next().toDate()),
  cron: (text) => steps((last) => new CronTime(text, "UTC").getNextDateFrom(last, "UTC").toJSDate()),
};
for (const [name, runs] of Object.entries(libraries)) {
  let days = ["refused"];
  try {
    days = runs(`0 9 * * ${process.argv[2]}`).map((run) => run.toUTCString().slice(0, 3));
  } catch {}
  console.log(" ", name, ...days);
}
JS
echo "version: $pins croner@11.0.1 cron-parser@5.10.6 cron@4.4.0"
echo "guess: Mon to Fri; Fri to Sun; Mon, Wed, Fri."
seen=$(
  for field in 1-5 5-7 1/2; do
    echo "$field"
    venv/bin/python -W ignore days.py $field
    TZ=UTC node days.cjs $field
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
1-5
  croniter Mon Tue Wed Thu Fri
  cronsim Mon Tue Wed Thu Fri
  APScheduler Tue Wed Thu Fri Sat
  croner Mon Tue Wed Thu Fri
  cron-parser Mon Tue Wed Thu Fri
  cron Mon Tue Wed Thu Fri
5-7
  croniter Sun Fri Sat
  cronsim Sun Fri Sat
  APScheduler refused
  croner Sun Fri Sat
  cron-parser Sun Fri Sat
  cron Sun Fri Sat
1/2
  croniter Mon Wed Fri
  cronsim Sun Mon Wed Fri
  APScheduler Tue Thu Sat
  croner refused
  cron-parser Sun Mon Wed Fri
  cron Sun Mon Wed Fri
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
