"""A worker of xdist, forked from a process that has collected all tests."""

import os
import sys
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

import pytest
from _pytest.tmpdir import TempPathFactory
from execnet.gateway_base import Channel, get_execmodel, init_popen_io, serve
from xdist import remote

_channels: SimpleQueue[Channel] = SimpleQueue()
_ended = threading.Event()

SHOWN_SECONDS = 0.005
"""From which on ``--durations`` shows how long a fixture took."""


class Fork:
    """The worker whose standard streams are *streams*: xdist's side is at their end.

    Tests run in the main thread, in which pytest was when it forked. Another one serves
    execnet, which does both in the main thread of a process of its own.
    """

    def __init__(self, config: pytest.Config, streams: Sequence[int]) -> None:
        self._config = config
        capture: Any = config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()
        for number, each in enumerate(streams):
            os.dup2(each, number)
            os.close(each)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
        threading.Thread(target=_serve, name="execnet").start()
        self._channel = _channels.get()
        capture.start_global_capturing()
        capture.suspend_global_capture()

    def begin(
        self, session: pytest.Session, unfit: Sequence[pytest.CollectReport]
    ) -> None:
        """Report that all is collected but what *unfit* names."""
        workerinput, _, options, _ = self._channel.receive()
        os.environ["PYTEST_XDIST_TESTRUNUID"] = workerinput["testrunuid"]
        os.environ["PYTEST_XDIST_WORKER"] = workerinput["workerid"]
        os.environ["PYTEST_XDIST_WORKER_COUNT"] = str(workerinput["workercount"])
        self._config.workerinput = workerinput  # type: ignore[attr-defined]
        self._config.option.basetemp = options.get("basetemp")
        self._config._tmp_path_factory = TempPathFactory.from_config(  # type: ignore[attr-defined]
            self._config, _ispytest=True
        )
        interactor = TerseInteractor(self._config, self._channel)
        remote.interactor = interactor
        interactor.pytest_sessionstart(session)
        for report in unfit:
            interactor.pytest_collectreport(report)
        interactor.pytest_collection_finish(session)

    def end(self) -> None:
        """All is reported: leave execnet to its end."""
        _ended.set()


class TerseInteractor(remote.WorkerInteractor):  # type: ignore[misc] # untyped
    """Reports what is printed at the end: half of what xdist's own reports."""

    @pytest.hookimpl
    def pytest_runtest_logstart(
        self, nodeid: str, location: tuple[str, int | None, str]
    ) -> None:
        if self.config.option.verbose > 0:
            super().pytest_runtest_logstart(nodeid, location)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        quick = report.passed and report.duration < SHOWN_SECONDS
        if report.when == "call" or not quick:
            super().pytest_runtest_logreport(report)


def work_for(channel: Channel) -> None:
    """Hand *channel* to the main thread, and wait until that has reported all."""
    _channels.put(channel)
    _ended.wait()


def _serve() -> None:
    sys.stdin.readline()  # execnet's own source, which is imported here
    model = get_execmodel("main_thread_only")
    streams = init_popen_io(model)
    streams.write(b"1")
    serve(streams, id="forked-worker")  # type: ignore[arg-type] # execnet does so, too
