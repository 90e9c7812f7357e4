"""Schema version of a database: detected, upgraded or refused.

Alembic is imported only where there is something to migrate.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import Connection, inspect, text

from reconciler.model.errors import SettingError
from reconciler.store.database.database import (
    Database,
    readable,
    take_advisory_lock,
    writable,
)
from reconciler.store.database.url import DatabaseUrl, parse_database_url

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0020"
"""The version that this code reads and writes: the newest of ``migrations``."""

COMPATIBLE_SINCE = "0017"
"""The oldest version whose code may still work on these tables.

An upgrade writes it beside them, on PostgreSQL, so that daemons of the last release go
on until they are restarted. It is an earlier version than ``HEAD`` as long as all
migrations since then only add what that code need not know (CONTRIBUTING.md).
"""

_VERSIONS = "alembic_version"
_SINCE = "{}: compatible since "
"""Begins with the version that it is said of: a later one may not be compatible."""


class SchemaState(StrEnum):
    """How a database's tables compare with those this code knows."""

    NONE = "none"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


class SchemaVersion(Struct, frozen=True):
    """``number`` is what the database says of itself, None if nothing.

    ``compatible`` says that tables of a newer reconciler are good for this one as well.
    """

    number: str | None
    age: SchemaState
    compatible: bool = False

    @property
    def usable(self) -> bool:
        """Whether this code may work on the tables."""
        return self.age is SchemaState.CURRENT or self.compatible


def version_of(connection: Connection) -> SchemaVersion:
    """The version of the tables that are there."""
    seen = inspect(connection)
    number = _number(connection) if seen.has_table(_VERSIONS) else None
    if number == HEAD:
        return SchemaVersion(number, SchemaState.CURRENT)
    tables = set(seen.get_table_names())
    age = _age(number, tables, connection.dialect.name)
    newer = age is SchemaState.NEWER
    return SchemaVersion(number, age, newer and _compatible(connection, number))


def _compatible(connection: Connection, number: str | None) -> bool:
    """Whether newer tables are said to be good for this version too."""
    if connection.dialect.name != "postgresql":
        return False
    said, prefix = connection.scalar(_COMMENT) or "", _SINCE.format(number)
    return said.startswith(prefix) and said.removeprefix(prefix) <= HEAD


_COMMENT = text(f"SELECT obj_description(to_regclass('{_VERSIONS}'), 'pg_class')")


def _number(connection: Connection) -> str | None:
    found = connection.scalars(text(f"SELECT version_num FROM {_VERSIONS}"))  # noqa: S608 - a constant
    return found.one_or_none()


def _age(number: str | None, tables: set[str], dialect: str) -> SchemaState:
    if number is None:
        alone = dialect == "postgresql" or tables <= {_VERSIONS}
        return SchemaState.NONE if alone else SchemaState.FOREIGN
    if "rosters" not in tables:
        return SchemaState.FOREIGN
    return SchemaState.OLDER if number in _known() else SchemaState.NEWER


def _known() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - seldom needed, slow

    scripts = ScriptDirectory(str(migrations_folder()))
    return {each.revision for each in scripts.walk_revisions()}


def migrations_folder() -> Path:
    """Where the migrations are: beside this file in a wheel, else in the checkout."""
    packed = Path(__file__).parent / "migrations"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "migrations"


async def require_current(database: Database) -> None:
    """SettingError unless the tables are those this code knows."""
    version = await database.read(version_of)
    _refuse(version, database.place)
    if not version.usable:
        raise SettingError(
            f"the database {database.place.name} has {_lack(version)}: run `reconciler "
            "db upgrade`"
        )


def _lack(version: SchemaVersion) -> str:
    if version.number is None:
        return "no tables of reconciler yet"
    return f"tables of an older reconciler (version {version.number} of {HEAD})"


def _refuse(version: SchemaVersion, place: DatabaseUrl) -> None:
    if version.age is SchemaState.NEWER and not version.compatible:
        raise SettingError(
            f"the database {place.name} was created by a newer reconciler (version "
            f"{version.number}; this one supports {HEAD}): upgrade this one"
        )
    if version.age is SchemaState.FOREIGN:
        raise SettingError(
            f"the database {place.name} belongs to another program: choose another "
            "database"
        )


async def upgrade(database: Database) -> SchemaVersion:
    """Make or bring up to date the tables; the version that was there before."""

    def work(connection: Connection) -> SchemaVersion:
        take_advisory_lock(connection)
        version = version_of(connection)
        _refuse(version, database.place)
        if not version.usable:
            _to_head(connection)
        return version

    return await database.write(work)


def _to_head(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - seldom needed, slow

    command.upgrade(alembic_config(connection), "head")
    if connection.dialect.name == "postgresql":
        said = f"{_SINCE.format(HEAD)}{COMPATIBLE_SINCE}"
        connection.execute(text(f"COMMENT ON TABLE {_VERSIONS} IS '{said}'"))


def alembic_config(connection: Connection) -> "Config":
    """Alembic's settings for work on *connection*, within its transaction."""
    from alembic.config import Config  # noqa: PLC0415 - seldom needed, slow

    config = Config()
    config.set_main_option(
        "script_location", str(migrations_folder()).replace("%", "%%")
    )
    config.attributes["connection"] = connection
    return config


async def current_at(url: str) -> SchemaVersion:
    """The version of the database at *url*; nothing is made, not even a file."""
    place = parse_database_url(url)
    if place.path is not None and not place.path.exists():
        return SchemaVersion(None, SchemaState.NONE)
    database = readable(place)
    try:
        return await database.read(version_of)
    finally:
        await database.close()


async def upgrade_at(url: str) -> SchemaVersion:
    """Make or bring up to date the database at *url*; what was there before."""
    database = writable(parse_database_url(url), create=True)
    try:
        return await upgrade(database)
    finally:
        await database.close()
