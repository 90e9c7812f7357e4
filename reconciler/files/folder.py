"""Paths → roster files: folders searched in sorted order, hidden ones skipped."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from reconciler.model.errors import Problem

SUFFIXES: Final = (".yaml", ".yml")
LARGEST: Final = 16 * 1024 * 1024


def roster_files(
    paths: Sequence[Path], problems: list[Problem]
) -> list[tuple[str, Path]]:
    """Shown name and path of each file once, sorted by name.

    What is not there, unreadable or empty of rosters is added to *problems*.
    """
    if not paths:
        problems.append(problem("", "no roster file or folder was named"))
    found: dict[Path, str] = {}
    for path in paths:
        for each in _files(path, problems):
            found.setdefault(_resolved(each), str(each))
    return sorted(
        ((name, path) for path, name in found.items()),
        key=lambda each: Path(each[0]).parts,
    )


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    if not is_folder(path):
        return [path]
    found = list(_searched(path, problems))
    if not found:
        hint = "an empty folder is not an empty declaration: reconciler init writes one"
        problems.append(problem(str(path), "no roster file in this folder", hint))
    return found


def is_folder(path: Path) -> bool:
    """Whether *path* is a folder; what cannot be looked at is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _searched(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        problems.append(problem(str(error.filename), reason(error)))

    for root, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in names:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(root, name)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def read_text(name: str, path: Path, problems: list[Problem]) -> str | None:
    """The text of a file; None after adding why it cannot be had."""
    content = read_bytes(name, path, problems)
    text = None if content is None else decoded(name, content)
    if isinstance(text, Problem):
        problems.append(text)
        return None
    return text


def read_bytes(name: str, path: Path, problems: list[Problem]) -> bytes | None:
    """The content of a file; None after adding why it cannot be had."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            problems.append(problem(name, "is not a regular file"))
            return None
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        problems.append(problem(name, reason(error)))
        return None
    if len(content) > LARGEST:
        problems.append(problem(name, f"larger than {LARGEST // 1024 // 1024} MiB"))
        return None
    return content


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
