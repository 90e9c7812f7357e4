#!/usr/bin/env bash
# Guess: in APScheduler 4, as in 3, a job that takes longer than its interval leaves runs out, since only one at a time is allowed unless set: after the schedule is removed
#        no further run begins. Another schedule of the same function, with other arguments, has a count of its own.
# Seen:  in 4 the runs that cannot begin pile up in the store, and run one after the other also when the schedule is gone, hours later for a job that is slow for a day.
#        The limit, max_running_jobs, is the function's, not the schedule's: one that dials another line waits behind the pile. In 3 both are as guessed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 3.11.3 4.0.0a6; do
  python3 -m venv "venv-$version"
  "venv-$version/bin/python" -m pip install --quiet --disable-pip-version-check "apscheduler==$version"
done
cat >calls.py <<'PY'
import asyncio
import time
from datetime import UTC, datetime, timedelta

import apscheduler

begun: list[tuple[str, float]] = []


async def dial(line: str) -> None:
    begun.append((line, time.monotonic()))
    await asyncio.sleep(2)


def show(desk_due: float, removed: float) -> None:
    runs = [moment for line, moment in begun if line == "sales"]
    after = sum(moment > removed for moment in runs)
    desk = [moment - desk_due for line, moment in begun if line == "desk"]
    print(f"{apscheduler.version if hasattr(apscheduler, 'version') else '4'}: begun before the removal {len(runs) - after}, after it {after}; "
          f"the other line within a second: {bool(desk) and desk[0] < 1}")


async def with_4() -> None:
    from apscheduler import AsyncScheduler
    from apscheduler.triggers.date import DateTrigger
    from apscheduler.triggers.interval import IntervalTrigger

    async with AsyncScheduler() as scheduler:
        await scheduler.start_in_background()
        await scheduler.add_schedule(dial, IntervalTrigger(seconds=1), id="sales", args=["sales"])
        await scheduler.add_schedule(dial, DateTrigger(datetime.now(UTC) + timedelta(seconds=3)), args=["desk"])
        desk_due = time.monotonic() + 3
        await asyncio.sleep(7)
        removed = time.monotonic()
        await scheduler.remove_schedule("sales")
        await asyncio.sleep(13)
        show(desk_due, removed)


async def with_3() -> None:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    scheduler = AsyncIOScheduler()
    scheduler.start()
    scheduler.add_job(dial, "interval", seconds=1, id="sales", args=["sales"], next_run_time=datetime.now(UTC))
    scheduler.add_job(dial, "date", run_date=datetime.now(UTC) + timedelta(seconds=3), args=["desk"])
    desk_due = time.monotonic() + 3
    await asyncio.sleep(7)
    removed = time.monotonic()
    scheduler.remove_job("sales")
    await asyncio.sleep(13)
    show(desk_due, removed)


asyncio.run(with_3() if hasattr(apscheduler, "version") else with_4())
PY
echo "version: apscheduler==3.11.3 apscheduler==4.0.0a6"
echo "guess: after it 0, within a second: True, in both."
seen=$(for version in 3.11.3 4.0.0a6; do "venv-$version/bin/python" calls.py 2>/dev/null; done)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
3.11.3: begun before the removal 3, after it 0; the other line within a second: True
4: begun before the removal 4, after it 4; the other line within a second: False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
