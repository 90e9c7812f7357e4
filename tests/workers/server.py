"""The process that collects all tests, and of which each worker is a fork.

Until it has collected, it is what xdist makes of a worker. Then it forks for each
connection to its socket, and ends when its standard input does. An interrupt ends it
while it collects; later, it waits for what its forks do at one.
"""

import atexit
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.config import _prepareconfig

if TYPE_CHECKING:
    from tests.workers.fork import Fork


def collect_and_fork(wanted: dict[str, Any]) -> None:
    """As xdist's own ``remote`` module does, with what the controller *wanted*."""
    run_ends = os.dup(0)
    config = _prepareconfig(wanted["args"])
    # Pytest rewrites xdist, which may not be imported before.
    from xdist.remote import setup_config  # noqa: PLC0415

    setup_config(config, None)
    config._parser.prog = os.path.basename(wanted["main_args"][0])  # noqa: PTH119
    config.workerinput = {  # type: ignore[attr-defined]
        "workercount": wanted["workers"],
        "mainargv": wanted["main_args"],
    }
    config.workeroutput = {}  # type: ignore[attr-defined]
    listening = socket.socket(fileno=wanted["listening"])
    server = WorkerServer(config, listening, run_ends)
    config.pluginmanager.register(server, server.NAME)
    try:
        config.hook.pytest_cmdline_main(config=config)
    except pytest.UsageError:
        if not server.worker:
            raise
    if server.worker:
        server.worker.end()
    _end()


class WorkerServer:
    """Hooks of pytest.

    *run_ends* becomes readable once the run ends.
    """

    NAME = "worker-server"

    def __init__(
        self, config: pytest.Config, listening: socket.socket, run_ends: int
    ) -> None:
        self._config = config
        self._listening = listening
        self._run_ends = run_ends
        self._unfit: list[pytest.CollectReport] = []
        self.worker: Fork | None = None

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._unfit.append(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Fork for each connection; return in each fork."""
        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
        if threading.active_count() > 1:
            raise RuntimeError("an import started a thread, which no fork takes along")
        from tests.workers.fork import Fork  # noqa: PLC0415 - it imports xdist

        streams = self._streams_of_fork()
        if interrupted is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.worker = Fork(self._config, streams)
        self.worker.begin(session, self._unfit)

    def _streams_of_fork(self) -> list[int]:
        """The standard streams for a worker, in a process of its own."""
        awaited: list[Any] = [self._listening, self._run_ends]
        while True:
            ready, _, _ = select.select(awaited, [], [])
            if self._run_ends in ready:
                _end_after_children()
            connection, _ = self._listening.accept()
            _, streams, _, _ = socket.recv_fds(connection, 4, 3)
            if not os.fork():
                self._listening.close()
                os.close(self._run_ends)
                connection.detach()  # it is closed when this process ends
                return streams
            connection.close()
            for each in streams:
                os.close(each)

    @pytest.hookimpl
    def pytest_internalerror(self, excrepr: object) -> None:
        """Say it where it is read: xdist prints only what workers report."""
        if not self.worker:
            sys.stderr.write(f"{excrepr}\n")


def _end_after_children() -> None:
    """Close what processes wait for that this one has started, and wait for them."""
    os.closerange(3, 1 << 16)
    with suppress(ChildProcessError):
        while True:
            os.wait()
    os._exit(0)


def _end() -> None:
    """As Python's own end, without freeing all that was collected."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)
