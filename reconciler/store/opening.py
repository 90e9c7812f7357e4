"""Opens the store at a URL."""

from reconciler.store.database.database import Database, empty, readable, writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import SchemaState, require_current, upgrade, version_of
from reconciler.store.store import SqlStore


async def open_store(url: str, *, create: bool = True) -> SqlStore:
    """The store at *url*, ready to be read and written.

    An SQLite file is made or brought up to date if *create*. PostgreSQL is
    migrated by ``reconciler db upgrade`` alone. SettingError if the URL or
    the version of the tables is wrong, StoreError if the database cannot be
    used.
    """
    database = writable(parse_database_url(url), create=create)
    try:
        if create and database.embedded:
            await upgrade(database)
        else:
            await require_current(database)
    except BaseException:
        await database.close()
        raise
    return SqlStore(database)


async def open_reader(url: str) -> SqlStore:
    """The store at *url*, only to be read: every write is a StoreError.

    Nothing is made or migrated; an SQLite file that is missing or empty reads
    as a store in which nothing was ever loaded.
    """
    place = parse_database_url(url)
    if place.path is not None and not place.path.exists():
        return SqlStore(empty(place))
    database = readable(place)
    try:
        if place.path is not None and await _bare(database):
            await database.close()
            return SqlStore(empty(place))
        await require_current(database)
    except BaseException:
        await database.close()
        raise
    return SqlStore(database)


async def _bare(database: Database) -> bool:
    return (await database.read(version_of)).age is SchemaState.NONE
