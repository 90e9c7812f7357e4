"""A store in real SQL, whose record is kept for a short time only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from reconciler.store.queries import retention
from reconciler.store.store import SqlStore
from reconciler.store.tables.metadata import metadata
from tests.endurance.records import Books
from tests.simulation.bridge import _Bridge, sqlite


@contextmanager
def short_lived(path: Path, record_kept: float) -> Iterator[Books]:
    """A store in a new file; no row is kept for longer than so many seconds."""
    with sqlite(path) as shared:
        bridge = cast("_Bridge", shared)
        kept = _ShortLived(bridge._store, record_kept)
        yield cast("Books", _Bridge(bridge._loop, cast("SqlStore", kept)))


class _ShortLived:
    """``SqlStore`` with the rules of ``pruning``, and shorter ages."""

    def __init__(self, store: SqlStore, record_kept: float) -> None:
        self._store = store
        self._rules = [
            replace(rule, kept=min(rule.kept, record_kept)) for rule in retention._RULES
        ]

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def prune(self, before: float, at_most: int) -> int:
        """As ``SqlStore.prune``."""

        def work(connection: Connection) -> int:
            gone = 0
            for rule in self._rules:
                if gone < at_most:
                    left = at_most - gone
                    gone += retention._delete(connection, rule, before, left)
            return gone

        return await self._store.database.write(work)

    async def sizes(self) -> Mapping[str, int]:
        """Rows by table."""
        return await self._store.database.read(
            lambda it: {
                table.name: it.scalar(select(func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
            }
        )
