"""A list of texts as one value of a statement, whose text stays the same.

SQLAlchemy writes a new ``IN (?, ?, …)`` for each list, which the database parses each
time.
"""

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Text,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator


class _Texts(TypeDecorator[Collection[str]]):
    """Texts as one value: an array in PostgreSQL, JSON in SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """What the database takes."""
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(Text()) if array else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value as its driver takes it."""
        return list(value) if dialect.name == "postgresql" else _json(tuple(value))


@lru_cache(maxsize=1)
def _json(texts: tuple[str, ...]) -> str:
    """Their JSON; the statements that read a room ask for the same rooms one after another."""
    return json.dumps(texts)


class _Among(FunctionElement[bool]):
    """Whether the first clause is one of the texts that the second stands for."""

    inherit_cache = True
    name = "among"
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 - ColumnElement
        """Itself: ``(…) = 1``, as SQLite is told of a Boolean, has no use for an index."""
        return self


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **given: Any) -> str:
    column, texts = (compiler.process(each, **given) for each in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({texts})))"  # noqa: S608 - a placeholder


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **given: Any) -> str:
    """An index over the column serves this; one over others, a subquery in its place."""
    column, texts = (compiler.process(each, **given) for each in element.clauses)
    return f"({column} = ANY ({texts}))"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether *column* is one of the texts that are given as *name*."""
    asked: BindParameter[Collection[str]] = bindparam(name, type_=_Texts())
    return _Among(column, asked)


def one_of_texts(
    column: ColumnElement[Any], texts: Collection[str]
) -> ColumnElement[bool]:
    """Whether *column* is one of *texts*, of which there may be any number."""
    asked = bindparam(None, texts, type_=_Texts(), unique=True)
    return _Among(column, asked)
