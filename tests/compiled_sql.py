"""Statements compiled once a worker, and not once a database.

SQLAlchemy keeps what it compiled with each engine, by dialect, and each test opens
engines of its own: most of its processor time went into the same statements. Engines
of one kind have one cache here, and dialects that compile alike are equal.
"""

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_KIND = ("paramstyle", "_json_serializer", "_json_deserializer")
"""Settings of a dialect that compiled statements depend on; the product has no others."""


def share_compiled_sql() -> None:
    """For all engines of this process from now on."""
    compiled: LRUCache[object, object] = LRUCache(5_000)

    def share(connection: Connection) -> None:
        connection.engine._compiled_cache = compiled  # type: ignore[assignment]

    event.listen(Engine, "engine_connect", share)
    DefaultDialect.__hash__ = _hash  # type: ignore[method-assign, assignment]
    DefaultDialect.__eq__ = _equal  # type: ignore[method-assign, assignment]


def _kind(dialect: DefaultDialect) -> tuple[object, ...]:
    return (type(dialect), *(getattr(dialect, name, None) for name in _KIND))


def _hash(dialect: DefaultDialect) -> int:
    return hash(_kind(dialect))


def _equal(dialect: DefaultDialect, other: object) -> bool:
    return isinstance(other, DefaultDialect) and _kind(dialect) == _kind(other)
