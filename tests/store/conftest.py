"""Each test of a store runs on real SQLite and on real PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    async with await open_store(url) as opened:
        yield opened
