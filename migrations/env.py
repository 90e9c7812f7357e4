"""How Alembic reaches the database: a connection it was given, or the URL set."""

import asyncio

from alembic import context
from sqlalchemy import Connection

import reconciler.store.tables  # noqa: F401 - fills the metadata
from reconciler.bootstrap import settings
from reconciler.store.database.database import writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.tables.metadata import metadata


def ours(name: str | None, kind: str, _: object) -> bool:
    """Whether a table belongs to this program: others may share the schema."""
    return kind != "table" or name in metadata.tables


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=ours,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    database = writable(parse_database_url(settings().database_url), create=True)
    try:
        await database.write(migrate)
    finally:
        await database.close()


def write_sql() -> None:
    context.configure(
        url=parse_database_url(settings().database_url).url,
        target_metadata=metadata,
        include_name=ours,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
elif context.is_offline_mode():
    write_sql()
else:
    asyncio.run(connect_and_migrate())
