"""Metadata and constraint helpers shared by all tables."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    event,
)

NAME = 128
"""The longest name of a room or of a member: Twilio's own bound."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = BigInteger().with_variant(Integer, "sqlite")


def quoted(words: Iterable[StrEnum]) -> str:
    """Words as SQL literals, sorted, for an IN list."""
    return ", ".join(f"'{word}'" for word in sorted(words))


def one_of(column: str, words: Iterable[StrEnum]) -> CheckConstraint:
    """*column* holds one of the words, or NULL where it may."""
    return CheckConstraint(f"{column} IN ({quoted(words)})", name=column)


def named(column: str) -> CheckConstraint:
    """*column* has the length of a name."""
    return CheckConstraint(f"length({column}) BETWEEN 1 AND {NAME}", name=column)


def counted(column: str, least: int = 0) -> CheckConstraint:
    """*column* is a number of at least *least*."""
    return CheckConstraint(f"{column} >= {least}", name=column)


_WHERE = "where"


def unique_where(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    """A unique index over the rows that *where* is true of.

    PostgreSQL is told when tables are made: an index that names it imports its
    dialect, which takes longer than most commands.
    """
    info = {_WHERE: where}
    return Index(name, *columns, unique=True, sqlite_where=where, info=info)


def _notify_postgresql(target: MetaData, connection: Connection, **_: object) -> None:
    if connection.dialect.name != "postgresql":
        return
    for table in target.tables.values():
        for index in table.indexes:
            if _WHERE in index.info:
                index.dialect_options["postgresql"]["where"] = index.info[_WHERE]


event.listen(metadata, "before_create", _notify_postgresql)
