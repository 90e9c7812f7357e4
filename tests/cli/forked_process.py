"""A process of ``reconciler`` that a fork server starts: its imports are done.

``python -m reconciler`` itself is tested where the start is the point.
"""

import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


class ForkServer:
    """What the ForkServerProcess at *path* starts for this process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._started: list[ForkedProcess] = []

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        files: Sequence[int],
    ) -> "ForkedProcess":
        """``reconciler WORDS`` with *files* as standard input, output and error."""
        sys.audit("subprocess.Popen", "reconciler", words, folder, environ)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._path)
        wanted = {"words": words, "folder": str(folder), "environ": dict(environ)}
        socket.send_fds(connection, [json.dumps(wanted).encode()], files)
        process = ForkedProcess(connection)
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what tests left running."""
        for each in self._started:
            each.close()

    def forget(self, process: "ForkedProcess") -> None:
        """As if this process had ended."""
        self._started.remove(process)
        process.forget()

    def start_piped(
        self,
        words: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        stdin: str = "",
    ) -> "ForkedProcess":
        """The same with pipes, which the process returned reads."""
        (given, giving), (out, writes), (err, writes_err) = (
            os.pipe() for _ in range(3)
        )
        os.write(giving, stdin.encode())
        os.close(giving)
        process = self.start(words, folder, environ, (given, writes, writes_err))
        for each in (given, writes, writes_err):
            os.close(each)
        process.stdout, process.stderr = os.fdopen(out), os.fdopen(err)
        return process


class ForkedProcess:
    """What ``subprocess.Popen`` is for a process of one's own, as far as tests ask."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._told = connection.makefile()
        self.pid = int(self._told.readline())
        self.returncode: int | None = None
        self.stdout: TextIO | None = None
        self.stderr: TextIO | None = None

    def forget(self) -> None:
        """Wait for it no longer."""
        self._told.close()
        self._connection.close()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit code, negative for a signal; TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("reconciler", timeout)
            self.returncode = int(self._told.readline())
            self.forget()
        return self.returncode

    def communicate(self, timeout: float = PATIENCE) -> tuple[str, str]:
        """What it wrote until it ended; TimeoutExpired."""
        assert self.stdout
        assert self.stderr
        parts: dict[TextIO, list[bytes]] = {self.stdout: [], self.stderr: []}
        with selectors.DefaultSelector() as selector:
            for each in parts:
                selector.register(each, selectors.EVENT_READ)
            deadline = time.monotonic() + timeout
            while selector.get_map():
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise subprocess.TimeoutExpired("reconciler", timeout)
                for key, _ in ready:
                    self._read(key.fileobj, parts, selector)
        self.wait(timeout)
        out, err = (b"".join(each).decode() for each in parts.values())
        self.stdout.close()
        self.stderr.close()
        return out, err

    def _read(
        self,
        file: Any,
        parts: dict[TextIO, list[bytes]],
        selector: selectors.BaseSelector,
    ) -> None:
        read = os.read(file.fileno(), 1 << 16)
        parts[file].append(read)
        if not read:
            selector.unregister(file)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """End it, if it runs."""
        self.kill()
        self.wait()
        for each in (self.stdout, self.stderr):
            if each:
                each.close()


class ForkServerProcess:
    """A process of which others are forked, whoever asks at *path*.

    It ends when this process, and each that is forked of it, has closed it or ended.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.path = f"{tempfile.mkdtemp(prefix='fork')}/socket"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.path)
            listening.listen(64)
            number = listening.fileno()
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.cli.fork_server"),
                    *(self.path, str(number)),
                ],
                cwd=ROOT,
                env=environ,
                pass_fds=[number],
                stdin=subprocess.PIPE,
                process_group=0,  # a terminal's interrupt is for who closes this
            )

    def close(self) -> None:
        """Wait for its end, unless another process has started it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(PATIENCE)
