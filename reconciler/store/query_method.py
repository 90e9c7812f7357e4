"""Methods of a store that are one query, and one transaction, each."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from reconciler.store.database.database import Database

P = ParamSpec("P")
T = TypeVar("T")


class WithDatabase(Protocol):
    """A store of one database."""

    @property
    def database(self) -> Database: ...


class Bound(Generic[T]):
    """A query with its arguments; ``func`` names its span, as that of a ``partial``."""

    def __init__(
        self,
        query: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **options: P.kwargs,
    ) -> None:
        self.func = query

        def ask(connection: Connection) -> T:
            return query(connection, *args, **options)

        self._ask = ask

    def __call__(self, connection: Connection) -> T:
        return self._ask(connection)


def reading(
    query: Callable[Concatenate[Connection, P], T],
) -> Callable[Concatenate[WithDatabase, P], Coroutine[Any, Any, T]]:
    """*query* as a method that reads; it takes what follows the connection."""

    @wraps(query)
    async def read(store: WithDatabase, /, *args: P.args, **options: P.kwargs) -> T:
        return await store.database.read(Bound(query, *args, **options))

    return read


def writing(
    query: Callable[Concatenate[Connection, P], T],
) -> Callable[Concatenate[WithDatabase, P], Coroutine[Any, Any, T]]:
    """*query* as a method that writes; it takes what follows the connection."""

    @wraps(query)
    async def write(store: WithDatabase, /, *args: P.args, **options: P.kwargs) -> T:
        return await store.database.write(Bound(query, *args, **options))

    return write
