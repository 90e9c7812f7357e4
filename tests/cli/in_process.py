"""A command run in this process as if in one of its own: fast where text is the point."""

import contextlib
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType

import pytest

import reconciler
from reconciler.cli.main import exit_code


@dataclass(frozen=True, slots=True)
class Streams:
    """Standard input, output and error that are no terminals."""

    stdin: io.TextIOWrapper
    stdout: io.TextIOWrapper
    stderr: io.TextIOWrapper


class _Keyboard(io.TextIOWrapper):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True


def run(
    words: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    stdin: str | None,
    *,
    typed: bool = False,
) -> tuple[int, str, str]:
    """Exit code, output and error output of ``reconciler WORDS``."""
    given = io.BytesIO((stdin or "").encode())
    read = _Keyboard(given, "utf-8") if typed else io.TextIOWrapper(given, "utf-8")
    streams = Streams(read, _text(b""), _text(b""))
    with (
        _interrupt_kept(),
        _process(words, environ, streams),
        contextlib.chdir(folder),
    ):
        code = exit_code()
    return code, _written(streams.stdout), _written(streams.stderr)


def _text(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), "utf-8")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _interrupt_kept() -> Iterator[None]:
    """Raise an interrupt again that ended the command: it is for the run of tests."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupts = []

    def note(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _process(
    words: Sequence[str], environ: Mapping[str, str], streams: Streams
) -> Iterator[None]:
    """What a process has of its own, given back at the end."""
    ours = sys.argv, sys.stdin, sys.stdout, sys.stderr, dict(os.environ)
    main_module = sys.modules["__main__"]
    interval = sys.getswitchinterval()
    sys.argv = [str(Path(reconciler.__path__[0]) / "__main__.py"), *words]
    sys.modules["__main__"] = _main_module()
    sys.stdin, sys.stdout, sys.stderr = streams.stdin, streams.stdout, streams.stderr
    _set_environ(environ)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gc, "freeze", _leave)
            yield
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr, kept = ours
        sys.modules["__main__"] = main_module
        _set_environ(kept)
        sys.setswitchinterval(interval)


def _leave() -> None:
    """Freeze nothing: what other tests left behind is to be collected."""


def _main_module() -> ModuleType:
    """What ``python -m reconciler`` is by name: usage texts begin with that."""
    module = ModuleType("__main__")
    module.__package__ = "reconciler"
    return module


def _set_environ(environ: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
