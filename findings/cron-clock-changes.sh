#!/usr/bin/env bash
# Guess: where clocks change, Python's cron libraries agree on the runs of a local time: a doubled time runs once, hours of a range run once each.
# Seen:  in autumn 01:30 runs twice in croniter and APScheduler, once in cronsim. In spring the 02:00 of every second hour moves to 03:00 in
#        these two and is left out in cronsim; hours 2 and 3 give the same moment twice in APScheduler's trigger, once in the others.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check croniter==7.0.0 cronsim==2.8 apscheduler==3.11.3 tzdata==2026.6
echo "version: croniter==7.0.0 cronsim==2.8 apscheduler==3.11.3"
echo "guess: the three rows of each rule are equal."
seen=$("$folder/venv/bin/python" - <<'PY'
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

ZONE = ZoneInfo("America/New_York")
AUTUMN = datetime(2026, 11, 1, tzinfo=ZONE)
SPRING = datetime(2026, 3, 8, tzinfo=ZONE)


def by_apscheduler(rule: str, start: datetime) -> Iterator[datetime]:
    trigger, last = CronTrigger.from_crontab(rule, timezone=ZONE), start
    while True:
        last = trigger.get_next_fire_time(last, last)
        yield last


for rule, start, count in (("30 1 * * *", AUTUMN, 2), ("0 */2 * * *", SPRING, 3), ("0 2-3 * * *", SPRING, 2)):
    print(rule, "from", start.date())
    for name, runs in (
        ("croniter", croniter(rule, start).all_next(datetime)),
        ("cronsim", CronSim(rule, start)),
        ("apscheduler", by_apscheduler(rule, start)),
    ):
        print(f"  {name:11}", *(f"{run.astimezone(UTC):%d.%H:%MZ}" for run in islice(runs, count)))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
30 1 * * * from 2026-11-01
  croniter    01.05:30Z 01.06:30Z
  cronsim     01.05:30Z 02.06:30Z
  apscheduler 01.05:30Z 01.06:30Z
0 */2 * * * from 2026-03-08
  croniter    08.07:00Z 08.08:00Z 08.10:00Z
  cronsim     08.08:00Z 08.10:00Z 08.12:00Z
  apscheduler 08.07:00Z 08.08:00Z 08.10:00Z
0 2-3 * * * from 2026-03-08
  croniter    08.07:00Z 09.06:00Z
  cronsim     08.07:00Z 09.06:00Z
  apscheduler 08.07:00Z 08.07:00Z
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
