#!/usr/bin/env bash
# Guess: timers of different delays below a millisecond fire in the order of their deadlines, as in asyncio.
# Seen:  they fire in the order of the calls: the longest first if it was asked for first.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check uvloop==0.23.0
echo "version: uvloop==0.23.0"
echo "guess: timers of different delays below a millisecond fire in the order of their deadlines, as in asyncio."
seen=$("$folder/venv/bin/python" - <<'PY'
import asyncio

import uvloop


async def order() -> list[float]:
    loop, fired = asyncio.get_running_loop(), []
    for delay in (0.0004, 0.0003, 0.0002, 0.0001):
        loop.call_later(delay, fired.append, delay)
    await asyncio.sleep(0.1)
    return fired


print("asyncio:", asyncio.run(order()))
print("uvloop:", uvloop.run(order()))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
asyncio: [0.0001, 0.0002, 0.0003, 0.0004]
uvloop: [0.0004, 0.0003, 0.0002, 0.0001]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
