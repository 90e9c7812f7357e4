#!/usr/bin/env bash
# Guess: a taskiq task with annotations gets arguments of these types, as "5" for an int arrives as 5 and a JSON object as the model: what cannot be converted,
#        such as "soon" or an object without a required member, is an error result, and the function is not called.
# Seen:  the function is called with the text, and with the plain dict, and its result is a success; the receiver warns in its log. So the annotation holds
#        for each message but the wrong one: delay * 2 of "soon" is "soonsoon". --no-parse turns off the conversion, and no setting
#        makes it strict.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check taskiq==0.13.0
echo "version: taskiq==0.13.0"
echo "guess: 10, ann, and two errors."
seen=$("$folder/venv/bin/python" - <<'PY'
import asyncio
import logging

from pydantic import BaseModel
from taskiq import InMemoryBroker

logging.disable(logging.CRITICAL)
broker = InMemoryBroker()


class Call(BaseModel):
    to: str


@broker.task
async def double(delay: int) -> object:
    return delay * 2


@broker.task
async def target(call: Call) -> str:
    return f"{type(call).__name__} {call}"


async def main() -> None:
    await broker.startup()
    for task, argument in ((double, "5"), (double, "soon"), (target, {"to": "ann"}), (target, {"too": "ann"})):
        sent = await task.kiq(argument)
        result = await sent.wait_result(timeout=10)
        print(f"{argument}: {result.return_value!r}, error {result.is_err}")
    await broker.shutdown()


asyncio.run(main())
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
5: 10, error False
soon: 'soonsoon', error False
{'to': 'ann'}: "Call to='ann'", error False
{'too': 'ann'}: "dict {'too': 'ann'}", error False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
