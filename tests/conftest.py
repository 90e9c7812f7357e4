"""What every test may use: databases with all tables, of SQLite and of PostgreSQL."""

import asyncio
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest

from reconciler.store.migration import upgrade_at
from tests import cpu_time, worker_shares
from tests.compiled_sql import share_compiled_sql
from tests.database_pool import DatabasePool
from tests.memory_folder import use_memory
from tests.postgres_server import Server, postgres
from tests.sample_size import sample_size
from tests.sqlite_file import with_tables
from tests.workers.forked_workers import ForkedWorkers

sys.dont_write_bytecode = False
"""Each worker, and each process that it starts, would compile everything again."""
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "twilio/http/localhost.pem")
"""Nothing leaves loopback: a client reads one certificate and not all of the system's."""


use_memory()

gc.set_threshold(200_000, 20, 20)
"""Nothing that is imported and collected below becomes garbage."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(cpu_time)
    config.pluginmanager.register(worker_shares)
    if not (hasattr(config, "workerinput") or config.getoption("cov_source", None)):
        config.pluginmanager.register(ForkedWorkers())
    share_compiled_sql()


def pytest_collection_finish() -> None:
    """Leave the collected tests out of each garbage collection, and have few of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Four workers a core, as many tests wait; two for some of the tests.

    Each takes a while to begin, and may start a PostgreSQL server.
    """
    some = config.getoption("file_or_dir") or config.getoption("keyword")
    return min((2 if some else 4) * (os.cpu_count() or 1), 16)


hypothesis.settings.register_profile(
    "shared",
    max_examples=sample_size(12, 100),
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
    if _test and event in _STARTS_PROCESS and not _test.get_closest_marker("process"):
        raise RuntimeError("mark this test: @pytest.mark.process")


_STARTS_PROCESS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn"})
sys.addaudithook(_audit)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server a worker: its transaction ids are those of all its databases."""
    with postgres() as running:
        yield Server(running.get_uri())


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A database on the server with all tables, to be copied."""
    name = server.create()
    asyncio.run(upgrade_at(server.url(name)))
    return name


@pytest.fixture(scope="session")
def pool(server: Server, template: str) -> Iterator[DatabasePool]:
    """Databases on the server with all tables and no rows."""
    with closing(DatabasePool(server, template)) as made:
        yield made


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    return with_tables(tmp_path_factory.mktemp("template") / "store.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        yield f"sqlite:///{with_tables(tmp_path / 'store.db')}"
        return
    pool: DatabasePool = request.getfixturevalue("pool")
    server: Server = request.getfixturevalue("server")
    with pool.database() as name:
        yield server.url(name)
