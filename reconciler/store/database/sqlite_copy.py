"""Copies of SQLite databases, made while others read and write them."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from reconciler.model.errors import SettingError, StoreError

_BUSY_SECONDS = 5.0


def copy_database(source: Path, target: Path) -> None:
    """Write a consistent copy of *source* to *target*, readable by its owner alone.

    SettingError if *target* exists or the source is missing; StoreError if the copy
    cannot be made or is damaged.
    """
    if not source.exists():
        raise SettingError(f"database {source} does not exist")
    if target.exists():
        raise SettingError(f"{target} exists: name another file, or remove it first")
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with _errors(target), closing(_opened(source, "ro")) as database:
            os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            _fill(database, beside)
        beside.rename(target)
    finally:
        beside.unlink(missing_ok=True)


def _fill(database: sqlite3.Connection, path: Path) -> None:
    with closing(_opened(path, "rw")) as copy:
        database.backup(copy)
        _require_whole(copy, path)


def replace_content(target: Path, source: Path) -> None:
    """Make *target* hold what *source* does; StoreError while another has it open."""
    with _errors(target), closing(_opened(source, "ro")) as copy:
        _require_whole(copy, source)
        with closing(_opened(target, "rwc")) as database:
            _require_alone(database, target)
            copy.backup(database)


def _require_alone(database: sqlite3.Connection, path: Path) -> None:
    """A database leaves the mode WAL only while nobody else has it open."""
    try:
        database.execute("PRAGMA journal_mode=DELETE").fetchall()
        database.execute("BEGIN EXCLUSIVE")
        database.rollback()
    except sqlite3.OperationalError:
        raise StoreError(
            f"the database {path} is in use: stop the daemon and other commands first"
        ) from None


def _require_whole(database: sqlite3.Connection, path: Path) -> None:
    found = [str(row[0]) for row in database.execute("PRAGMA quick_check(1)")]
    if found != ["ok"]:
        raise StoreError(f"the database {path} is damaged: {'; '.join(found)}")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    url = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(url, uri=True, timeout=_BUSY_SECONDS)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(f"the database {path} cannot be copied: {error}") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
