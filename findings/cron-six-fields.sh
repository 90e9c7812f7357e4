#!/usr/bin/env bash
# Guess: of six fields the first is the seconds, so "0 0 9 * * *" is each day at nine in each library that takes six.
# Seen:  croniter has the seconds last unless told otherwise: it is the ninth of the month, sixty times in the minute of midnight.
#        cronsim, croner, cron-parser, and cron have them first. A schedule in JavaScript's form is read without an error.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check croniter==7.0.0 cronsim==2.8
npm install --silent --no-fund --no-audit croner@11.0.1 cron-parser@5.10.6 cron@4.4.0
echo "version: croniter==7.0.0 cronsim==2.8 croner@11.0.1 cron-parser@5.10.6 cron@4.4.0"
echo "guess: 2026-11-30 and 2026-12-01 at 09:00:00."
seen=$(
  venv/bin/python -W ignore - <<'PY'
from datetime import UTC, datetime

from croniter import croniter
from cronsim import CronSim

TEXT = "0 0 9 * * *"
START = datetime(2026, 11, 29, 12, tzinfo=UTC)
last, first = croniter(TEXT, START), croniter(TEXT, START, second_at_beginning=True)
simulation = CronSim(TEXT, START)
print("croniter", *(f"{last.get_next(datetime):%FT%T}" for _ in range(3)))
print("croniter, second_at_beginning", *(f"{first.get_next(datetime):%FT%T}" for _ in range(2)))
print("cronsim", *(f"{next(simulation):%FT%T}" for _ in range(2)))
PY
  TZ=UTC node - <<'JS'
const { Cron } = require("croner");
const { CronExpressionParser } = require("cron-parser");
const { CronTime } = require("cron");
const text = "0 0 9 * * *";
const start = new Date("2026-11-29T12:00:00Z");
const show = (name, runs) => console.log(name, ...runs.map((run) => run.toISOString().slice(0, 19)));
show("croner", new Cron(text, { timezone: "UTC" }).nextRuns(2, start));
const parsed = CronExpressionParser.parse(text, { currentDate: start, tz: "UTC" });
show("cron-parser", [parsed.next().toDate(), parsed.next().toDate()]);
const next = (last) => new CronTime(text, "UTC").getNextDateFrom(last, "UTC").toJSDate();
show("cron", [next(start), next(next(start))]);
JS
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
croniter 2026-12-09T00:00:00 2026-12-09T00:00:01 2026-12-09T00:00:02
croniter, second_at_beginning 2026-11-30T09:00:00 2026-12-01T09:00:00
cronsim 2026-11-30T09:00:00 2026-12-01T09:00:00
croner 2026-11-30T09:00:00 2026-12-01T09:00:00
cron-parser 2026-11-30T09:00:00 2026-12-01T09:00:00
cron 2026-11-30T09:00:00 2026-12-01T09:00:00
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
