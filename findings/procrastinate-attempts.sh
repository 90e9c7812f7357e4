#!/usr/bin/env bash
# Guess: RetryStrategy(max_attempts=3) runs a failing task three times.
# Seen:  it runs four times: max_attempts counts the retries after the first run.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check procrastinate==3.10.0
echo "version: procrastinate==3.10.0"
echo "guess: RetryStrategy(max_attempts=3) runs a failing task three times."
seen=$("$folder/venv/bin/python" - <<'PY'
import asyncio
import logging

from procrastinate import App, RetryStrategy
from procrastinate.testing import InMemoryConnector

logging.disable(logging.CRITICAL)
app = App(connector=InMemoryConnector())
runs = []


@app.task(retry=RetryStrategy(max_attempts=3))
def fail() -> None:
    runs.append(1)
    raise ValueError


async def work() -> None:
    async with app.open_async():
        await fail.defer_async()
        await app.run_worker_async(wait=False, install_signal_handlers=False)


asyncio.run(work())
print("runs:", len(runs))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
runs: 4
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
