"""How a process of a command ends: as Python ends one, without taking it apart."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

pytestmark = pytest.mark.process

MAIN = "from reconciler.cli.main import main\n"
UNBUFFERED = "PYTHONUNBUFFERED"
TAKEN_APART = """\
class Part:
    def __del__(self):
        print("taken apart", flush=True)
part = Part()
"""
AT_EXIT = "import atexit\natexit.register(print, 'at exit')\n"
THREAD = """\
import threading, time
main_ended = threading.main_thread().join
threading.Thread(target=lambda: (main_ended(), print("thread"))).start()
"""


def ended(
    before: str, *words: str, out: int | IO[str] = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """A process that runs *before* and then the command."""
    return subprocess.run(
        [sys.executable, "-c", f"{before}{MAIN}main()", *words],
        stdout=out,
        stderr=subprocess.PIPE,
        env={name: os.environ[name] for name in os.environ if name != UNBUFFERED},
        text=True,
        check=False,
        timeout=60,
    )


def test_a_process_ends_without_taking_its_objects_apart() -> None:
    assert "taken apart" not in ended(TAKEN_APART, "--version").stdout


@pytest.mark.parametrize(("words", "code"), [(("--version",), 0), (("plam",), 64)])
def test_what_was_registered_runs_at_the_end_and_the_code_is_the_same(
    words: tuple[str, ...], code: int
) -> None:
    done = ended(AT_EXIT, *words)

    assert done.stdout.splitlines()[-1] == "at exit"
    assert done.returncode == code


def test_all_output_is_written_before_the_end() -> None:
    done = ended("print('x' * 100_000)\n", "--version")

    assert done.stdout.startswith("x" * 100_000 + "\n")


def test_a_thread_that_still_runs_is_waited_for() -> None:
    done = ended(TAKEN_APART + THREAD, "--version")

    assert done.stdout.splitlines()[-2:] == ["thread", "taken apart"]


@pytest.mark.parametrize("sees", ["setprofile", "settrace"])
def test_who_traces_a_process_sees_its_end(sees: str) -> None:
    seeing = f"import sys\nsys.{sees}(eval('lambda *_: None', {{}}))\n"

    assert "taken apart" in ended(TAKEN_APART + seeing, "--version").stdout


def test_output_that_cannot_be_written_at_the_end_is_complained_of() -> None:
    late = "import atexit, sys\natexit.register(sys.stdout.write, 'x')\n"
    with Path("/dev/full").open("w") as full:
        done = ended(late, "plam", out=full)

    assert "No space left on device" in done.stderr
    assert done.returncode == 120


def test_a_command_looks_for_garbage_seldom_and_not_never() -> None:
    told = "import atexit, gc\natexit.register(lambda: print(gc.get_threshold()))\n"

    out = ended(told, "--version").stdout.splitlines()[-1]

    assert out == "(50000, 20, 50)"
