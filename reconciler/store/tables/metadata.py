"""Metadata and constraint helpers shared by all tables."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Integer, MetaData

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
