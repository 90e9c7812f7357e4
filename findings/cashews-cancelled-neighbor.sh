#!/usr/bin/env bash
# Guess: of two tasks that ask a cached function for one key at the same time, the second one waits for the call of the first; if the first gives up, as its client is
#        gone or its own time is over, the second gets the value, or makes the call itself.
# Seen:  with cashews the second one is cancelled as well: it raises CancelledError, which nobody sent to it. It is so for the plain
#        decorator, which shares calls unless protected=False is given, and a task that ends that way logs nothing. async-lru gives the second one the value,
#        from the first call.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check async-lru==2.4.0 cashews==7.6.0
cat >neighbors.py <<'PY'
import asyncio
from collections.abc import Awaitable, Callable

from async_lru import alru_cache
from cashews import cache

cache.setup("mem://")
calls = []


async def look_up(name: str) -> str:
    calls.append(name)
    await asyncio.sleep(0.5)
    return f"number of {name}"


FUNCTIONS = {
    "async-lru": alru_cache(ttl=60)(look_up),
    "cashews": cache(ttl="60s", key="plain:{name}")(look_up),
    "cashews, protected=False": cache(ttl="60s", key="unprotected:{name}", protected=False)(look_up),
}


async def show(name: str, function: Callable[[str], Awaitable[str]]) -> None:
    calls.clear()
    first = asyncio.create_task(asyncio.wait_for(function("ann"), 0.2))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(function("ann"))
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    words = [outcome if isinstance(outcome, str) else type(outcome).__name__ for outcome in outcomes]
    print(f"{name}: first {words[0]}, second {words[1]}, calls {len(calls)}")


async def main() -> None:
    for name, function in FUNCTIONS.items():
        await show(name, function)


asyncio.run(main())
PY
echo "version: async-lru==2.4.0 cashews==7.6.0"
echo "guess: first TimeoutError, second number of ann."
seen=$(venv/bin/python neighbors.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
async-lru: first TimeoutError, second number of ann, calls 1
cashews: first TimeoutError, second CancelledError, calls 1
cashews, protected=False: first TimeoutError, second number of ann, calls 2
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
