"""A process that a test started ends with that test's process, however that ended."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import kept_environ
from tests.cli.forked_process import ForkServer
from tests.ports import free_port
from tests.waiting import until


def _runs(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        return True
    return False


@pytest.mark.process
def test_it_is_killed_when_nobody_waits_for_it(
    forks: ForkServer, tmp_path: Path
) -> None:
    words = ("simulate", "--port", str(free_port()))
    process = forks.start_piped(words, tmp_path, kept_environ())
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline()
    assert _runs(process.pid)
    forks.forget(process)
    until(lambda: not _runs(process.pid), every=0.02)
    process.stdout.close()
    process.stderr.close()
