#!/usr/bin/env bash
# Guess: "0 9 */2 * mon" runs on odd days and on Mondays in each library, since both day fields are restricted.
# Seen:  only croniter reads it so; cronsim, APScheduler, and pycron, which taskiq uses, run on the Mondays that are odd days. For a first of
#        the month, no step (0 9 1 * mon), cronsim and pycron take either day as croniter does, and APScheduler still requires both.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check croniter==7.0.0 cronsim==2.8 apscheduler==3.11.3 pycron==3.3.0
echo "version: croniter==7.0.0 cronsim==2.8 apscheduler==3.11.3 pycron==3.3.0"
echo "guess: the four rows of each rule are equal."
seen=$("$folder/venv/bin/python" - <<'PY'
from datetime import UTC, datetime, timedelta

import pycron
from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

DAYS = [datetime(2026, 11, day, 9, tzinfo=UTC) for day in range(1, 31)]


def next_by_apscheduler(rule: str, day: datetime) -> datetime:
    return CronTrigger.from_crontab(rule, timezone=UTC).get_next_fire_time(None, day)


for rule in ("0 9 */2 * mon", "0 9 1 * mon"):
    print(rule)
    for name, runs in (
        ("croniter", lambda day: croniter.match(rule, day)),
        ("cronsim", lambda day: next(CronSim(rule, day - timedelta(minutes=1))) == day),
        ("apscheduler", lambda day: next_by_apscheduler(rule, day) == day),
        ("pycron", lambda day: pycron.is_now(rule, day)),
    ):
        print(f"  {name:11}", *(day.day for day in DAYS if runs(day)))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
0 9 */2 * mon
  croniter    1 2 3 5 7 9 11 13 15 16 17 19 21 23 25 27 29 30
  cronsim     9 23
  apscheduler 9 23
  pycron      9 23
0 9 1 * mon
  croniter    1 2 9 16 23 30
  cronsim     1 2 9 16 23 30
  apscheduler
  pycron      1 2 9 16 23 30
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
