"""How Alembic reaches the database: a connection it was given, or the URL set."""

import asyncio

from alembic import context
from sqlalchemy import Connection

import reconciler.store.tables  # noqa: F401 - fills the metadata
from reconciler.bootstrap import settings
from reconciler.store.connection import writable
from reconciler.store.place import place_of
from reconciler.store.schema import metadata


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    database = writable(place_of(settings().database_url), create=True)
    try:
        await database.write(migrate)
    finally:
        await database.close()


def write_sql() -> None:
    context.configure(
        url=place_of(settings().database_url).url,
        target_metadata=metadata,
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
