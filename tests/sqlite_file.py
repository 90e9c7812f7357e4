"""SQLite files with all tables and no rows, migrated once a process and then copied."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.store.migration import upgrade_at


def with_tables(path: Path) -> Path:
    """Make *path* such a file, unless it exists."""
    if not path.exists():
        path.write_bytes(_tables())
    return path


@cache
def _tables() -> bytes:
    """In a thread, as the caller's may have an event loop that runs."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        path = Path(folder) / "store.db"
        thread.submit(asyncio.run, upgrade_at(f"sqlite:///{path}")).result()
        return path.read_bytes()
