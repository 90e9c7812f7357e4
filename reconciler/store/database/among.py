"""A list of texts as one value of a statement, whose text stays the same.

SQLAlchemy writes a new ``IN (?, ?, …)`` for each list, which the database parses each time.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    Text,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class _Texts(TypeDecorator[Sequence[str]]):
    """Texts as one value: an array in PostgreSQL, JSON in SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """What the database takes."""
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(Text()) if array else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value as its driver takes it."""
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Each(FunctionElement[str]):
    """A subquery that gives each of the texts."""

    inherit_cache = True
    name = "each"


@compiles(_Each, "sqlite")
def _each_of_json(element: _Each, compiler: SQLCompiler, **given: Any) -> str:
    texts = compiler.process(element.clauses, **given)
    return f"(SELECT value FROM json_each({texts}))"  # noqa: S608 - a placeholder


@compiles(_Each, "postgresql")
def _each_of_array(element: _Each, compiler: SQLCompiler, **given: Any) -> str:
    texts = compiler.process(element.clauses, **given)
    return f"(SELECT unnest({texts}))"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether *column* is one of the texts that are given as *name*."""
    asked: BindParameter[Sequence[str]] = bindparam(name, type_=_Texts())
    return cast(
        "ColumnElement[bool]", column.op("IN", is_comparison=True)(_Each(asked))
    )
