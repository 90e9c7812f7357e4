"""Paths → the content of roster files, bounded in size; no file is waited for."""

import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.files.search import OUTSIDE, search
from reconciler.model.errors import Problem

LARGEST: Final = 16 * 1024 * 1024
STDIN: Final = Path("-")


@dataclass(frozen=True, slots=True)
class Content:
    """What a file held, and when it was last written or put in place (Unix time)."""

    data: bytes
    changed_at: float = 0.0


def roster_files(
    paths: Sequence[Path], problems: list[Problem], allowed: Sequence[Path] = ()
) -> list[tuple[str, Path]]:
    """Shown name and path of each file once, sorted by name.

    What is not there, unreadable or empty of rosters is added to *problems*.
    Links may lead out of a folder only into those *allowed*.
    """
    if not paths:
        problems.append(problem("", "no roster file or folder was named"))
    found: dict[Path, str] = {}
    for path in paths:
        for each in _files(path, problems, allowed):
            found.setdefault(_resolved(each), str(each))
    return sorted(
        ((name, path) for path, name in found.items()),
        key=lambda each: Path(each[0]).parts,
    )


def _files(path: Path, problems: list[Problem], allowed: Sequence[Path]) -> list[Path]:
    if path == STDIN or not is_folder(path):
        return [path]

    def failed(name: str, why: str) -> None:
        hint = _OUTSIDE_HINT if why == OUTSIDE else ""
        problems.append(problem(name, why, hint))

    count = len(problems)
    found = [Path(each) for each in search(path, allowed=allowed, failed=failed)]
    if not found and len(problems) == count:
        hint = "an empty folder is not an empty declaration: reconciler init writes one"
        problems.append(problem(str(path), "no roster file in this folder", hint))
    return found


_OUTSIDE_HINT = "copy the files into the folder, or name their folder as a path"


def is_folder(path: Path) -> bool:
    """Whether *path* is a folder; what cannot be looked at is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _resolved(path: Path) -> Path:
    try:
        return path if path == STDIN else path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def read_text(name: str, path: Path, problems: list[Problem]) -> str | None:
    """The text of a file; None after adding why it cannot be had."""
    content = read_file(name, path, problems)
    text = None if content is None else decoded(name, content.data)
    if isinstance(text, Problem):
        problems.append(text)
        return None
    return text


def read_file(name: str, path: Path, problems: list[Problem]) -> Content | None:
    """The content of a file; None after adding why it cannot be had.

    ``-`` is standard input. Only regular files on a disk are read: a pipe would
    be waited for, and what a kernel makes up on reading is no roster.
    """
    try:
        content = _stdin() if path == STDIN else _regular(path)
    except (OSError, ValueError) as error:
        problems.append(problem(name, reason(error)))
        return None
    if isinstance(content, Content) and len(content.data) > LARGEST:
        content = f"larger than {LARGEST // 1024 // 1024} MiB"
    if isinstance(content, str):
        problems.append(problem(name, content))
        return None
    return content


def _stdin() -> Content:
    return Content(sys.stdin.buffer.read(LARGEST + 1))


def _regular(path: Path) -> Content | str:
    """A regular file's content, or why it is not read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return "is not a regular file"
        data = file.read(LARGEST + 1)
    if data and not found.st_size:
        return "is not a regular file: the system makes its content up"
    return Content(data, max(found.st_mtime, found.st_ctime))


def decoded(name: str, content: bytes) -> str | Problem:
    """The text of a file's content, or that it is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        return Problem(name, line, column, "not UTF-8", hint="save the file as UTF-8")


def reason(error: Exception) -> str:
    """Why a file cannot be read, as a sentence."""
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    text = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be read: {text}"


def problem(file: str, message: str, hint: str = "") -> Problem:
    """An error about a file as a whole."""
    return Problem(file, 0, 0, message, hint=hint)
