"""The real store, on a real file, for processes that live on virtual time.

It runs on an event loop of its own in a thread of its own. Each call blocks
the virtual world until it is done, and so takes no virtual time.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.sqlite_file import with_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.play.world.shared_store import Shared


class _Bridge:
    """Every method of the store below, done when it is called."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: SqlStore) -> None:
        self._loop = loop
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self._store, name)

        async def call(*args: Any, **more: Any) -> Any:
            work = method(*args, **more)
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()

        return call


@contextmanager
def sqlite(path: Path) -> "Iterator[Shared]":
    """A store in a file that does not exist yet."""
    with opened(f"sqlite:///{with_tables(path)}") as store:
        yield store


@contextmanager
def opened(url: str) -> "Iterator[Shared]":
    """The store in a database that has all tables."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def done(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    store = done(open_store(url))
    try:
        yield cast("Shared", _Bridge(loop, store))
    finally:
        done(store.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
