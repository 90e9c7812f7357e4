"""Methods of the store in memory that are one operation on its tables each."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from reconciler.play.in_memory.memory_tables import Tables

P = ParamSpec("P")
T = TypeVar("T")


class WithTables(Protocol):
    """A store whose rows are these tables."""

    tables: Tables


def reading(
    operation: Callable[Concatenate[Tables, P], T],
) -> Callable[Concatenate[WithTables, P], Coroutine[Any, Any, T]]:
    """*operation* as a method that reads; it takes what follows the tables."""

    @wraps(operation)
    async def read(store: WithTables, /, *args: P.args, **options: P.kwargs) -> T:
        return operation(store.tables, *args, **options)

    return read


def writing(
    operation: Callable[Concatenate[Tables, P], T],
) -> Callable[Concatenate[WithTables, P], Coroutine[Any, Any, T]]:
    """*operation* as a method: it works on a copy, which then takes their place."""

    @wraps(operation)
    async def write(store: WithTables, /, *args: P.args, **options: P.kwargs) -> T:
        tables = store.tables.copy()
        result = operation(tables, *args, **options)
        store.tables = tables
        return result

    return write
