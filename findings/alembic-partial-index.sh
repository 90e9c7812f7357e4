#!/usr/bin/env bash
# Guess: a changed condition of a partial unique index is found, as a change from unique to plain is.
# Seen:  the condition is not compared: the difference is empty, so "alembic check" passes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check alembic==1.20.1 sqlalchemy==2.1.9
echo "version: alembic==1.20.1 sqlalchemy==2.1.9"
echo "guess: a changed condition of a partial unique index is found, as a change from unique to plain is."
seen=$("$folder/venv/bin/python" - <<'PY'
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext


def tables(condition: str, *, unique: bool = True) -> sa.MetaData:
    metadata = sa.MetaData()
    table = sa.Table("calls", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("room", sa.Text))
    sa.Index("one_call", table.c.room, unique=unique, sqlite_where=sa.text(condition))
    return metadata


with sa.create_engine("sqlite://").connect() as connection:
    tables("id > 1").create_all(connection)
    context = MigrationContext.configure(connection)
    for title, wanted in (
        ("same", tables("id > 1")),
        ("plain", tables("id > 1", unique=False)),
        ("other condition", tables("id > 2")),
    ):
        print(f"{title}:", [change[0] for change in compare_metadata(context, wanted)])
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
same: []
plain: ['remove_index', 'add_index']
other condition: []
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
