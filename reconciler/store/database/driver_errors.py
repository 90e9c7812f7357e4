"""Translates driver errors into messages that say what to do."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reconciler.model.errors import StoreError
from reconciler.store.database.url import DatabaseUrl

_SENTENCES = (
    ("database is locked", "is locked by another process: wait for it, or stop it"),
    (
        "lock timeout",
        "has rows that another session's open transaction locks: end that transaction",
    ),
    ("readonly database", "cannot be written: the file or its folder is read-only"),
    ("not a database", "is not an SQLite database: choose another file"),
    ("malformed", "is damaged: restore a backup"),
    ("disk is full", "cannot grow: the disk is full"),
    ("disk i/o error", "cannot be read or written: the disk reports an error"),
    ("connection refused", "cannot be reached: is the server running?"),
    ("authentication failed", "refused the user or the password"),
    (
        "prepared statement",
        "is reached through a pooler that mixes up prepared statements: use another",
    ),
    ("does not exist", "has no such database, user or table"),
    ("permission denied", "does not allow this user to do that"),
    ("read-only transaction", "cannot be written: it was opened read-only"),
)


@contextmanager
def translating_errors(place: DatabaseUrl) -> Iterator[None]:
    """Translate driver errors raised inside into StoreError."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StoreError(sentence(error, place)) from error


def sentence(error: Exception, place: DatabaseUrl) -> str:
    """What *error* means for a person; no SQL, no values, no password."""
    text = _text(error)
    if "unable to open" in text.lower() and place.path is not None:
        return f"the database {place.name} {_unopened(place.path)}"
    for needle, meaning in _SENTENCES:
        if needle in text.lower():
            return f"the database {place.name} {meaning} ({text})"
    return f"the database {place.name} cannot be used: {text}"


def _text(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _unopened(path: Path) -> str:
    if not path.parent.is_dir():
        return f"cannot be opened: there is no folder {path.parent}"
    if path.is_dir():
        return "cannot be opened: it is a folder"
    if not path.exists() and not os.access(path.parent, os.W_OK, effective_ids=True):
        return f"cannot be created: the folder {path.parent} is read-only"
    if not path.exists():
        return "does not exist"
    return "cannot be opened: you may not read it, or its folder cannot be written"
