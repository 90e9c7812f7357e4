"""Workers of xdist that are forks of one process, which has collected all tests.

xdist starts each worker as an interpreter that imports and collects all tests again,
which takes more processor time than many tests together.

module            is
``server``        the process that collects, once, and forks
``fork``          a worker
``connection``    the process that stands for a worker before xdist
``channel``       what xdist has a worker execute
"""

import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.workers import channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    import execnet

CONNECTION = Path(__file__).with_name("connection.py")
PATIENCE_SECONDS = 60
_SERVER = """\
import json, signal, sys
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
wanted = json.loads(sys.stdin.readline())
sys.path[:] = wanted["path"]
from tests.workers.server import collect_and_fork
collect_and_fork(wanted)
"""


class ForkedWorkers:
    """Hooks of xdist's controller."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: subprocess.Popen[str] | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(
        self, config: pytest.Config, specs: "Sequence[execnet.XSpec]"
    ) -> None:
        """Start the server, and have it fork the workers of *specs*."""
        self._folder = tempfile.TemporaryDirectory(prefix="workers")
        path = f"{self._folder.name}/socket"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen(len(specs))
            self._server = _started(listening, config, len(specs))
        for each in specs:
            each.python = shlex.join([sys.executable, "-IS", str(CONNECTION), path])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_getremotemodule(self) -> ModuleType:
        return channel

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Wait for the server, after xdist has ended the workers."""
        if self._server:
            self._server.communicate(timeout=PATIENCE_SECONDS)

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        if self._folder:
            self._folder.cleanup()


def _started(
    listening: socket.socket, config: pytest.Config, workers: int
) -> "subprocess.Popen[str]":
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        pass_fds=[listening.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    wanted = {
        "path": sys.path,
        "listening": listening.fileno(),
        "args": [os.fspath(each) for each in config.invocation_params.args],
        "workers": workers,
        "main_args": sys.argv,
    }
    assert server.stdin
    server.stdin.write(f"{json.dumps(wanted)}\n")
    server.stdin.flush()
    return server
