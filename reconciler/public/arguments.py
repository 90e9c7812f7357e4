"""Checks arguments of the Python API, which Python itself takes whatever they are.

Each raises SettingError with the argument's name, and what to give instead.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from reconciler.model.errors import SettingError
from reconciler.setting_names import PREFIXES
from reconciler.settings import Settings

_YEAR_10000 = 253_402_300_800
"""In Unix time: no date has a later year."""


def require_text(name: str, value: object) -> None:
    """Text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise SettingError(f"{name} is {value!r}: give text that is not empty")


def require_optional_text(name: str, value: object) -> None:
    """Text with something in it, or None."""
    if value is not None:
        require_text(name, value)


def require_boolean(name: str, value: object) -> None:
    """True or False, and not what Python takes for one of them."""
    if not isinstance(value, bool):
        raise SettingError(f"{name} is {value!r}: give True or False")


def require_optional_boolean(name: str, value: object) -> None:
    """True, False or None."""
    if value is not None and not isinstance(value, bool):
        raise SettingError(f"{name} is {value!r}: give True, False or None")


def require_callable(name: str, value: object) -> None:
    """Something that can be called, or None."""
    if value is not None and not callable(value):
        raise SettingError(f"{name} is {value!r}: give a function, or None")


def require_count(name: str, value: object, least: int) -> None:
    """A whole number from *least*, or None."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is None or (whole and value >= least):  # type: ignore[operator]
        return
    raise SettingError(
        f"{name} is {value!r}: give a whole number from {least}, or None"
    )


def require_seconds(name: str, value: object) -> None:
    """Seconds, as a number from 0."""
    if not _number(value) >= 0:
        raise SettingError(f"{name} is {value!r}: give seconds as a number from 0")


def require_unix_time(name: str, value: object) -> None:
    """A Unix time as a number, or None."""
    if value is not None and not 0 <= _number(value) < _YEAR_10000:
        raise SettingError(f"{name} is {value!r}: give a Unix time, or None")


def _number(value: object) -> float:
    """*value*, NaN where it is no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else math.nan  # type: ignore[arg-type]


def require_settings(value: object) -> None:
    """Settings as ``load_settings`` gives them, or None."""
    if value is not None and not isinstance(value, Settings):
        raise SettingError(
            f"settings are of the type {type(value).__name__}: give "
            "reconciler.load_settings({…}), or None for the environment's"
        )


def require_paths(paths: Sequence[object]) -> None:
    """Paths of files and folders, each an argument of its own."""
    for path in paths:
        if not isinstance(path, str | Path) or not str(path):
            hint = "give each file or folder as text or a Path of its own"
            raise SettingError(f"{path!r} is not a path: {hint}")


def require_targets(value: object) -> None:
    """A sequence of texts, and not one text, which would be read by letter."""
    if isinstance(value, str):
        raise SettingError(f"targets is one text: give a list, such as [{value!r}]")
    if not isinstance(value, Sequence):
        raise SettingError(f"targets is {value!r}: give a list of ROOM and ROOM/LABEL")
    for each in value:
        require_text("a target", each)


def instant(at: object) -> float | None:
    """The Unix time of *at*, a datetime with an offset; None for None."""
    if at is None:
        return None
    if not isinstance(at, datetime):
        hint = "give a datetime with an offset, such as datetime.now(UTC)"
        raise SettingError(f"at is {at!r}: {hint}")
    if at.utcoffset() is None:
        raise SettingError(f"at={at.isoformat()} has no offset: give it a time zone")
    return at.timestamp()


def require_variables(environ: object) -> None:
    """A mapping of texts, as that of the environment is; no value is shown."""
    if not isinstance(environ, Mapping):
        kind = type(environ).__name__
        raise SettingError(
            f"environ is of the type {kind}: give a mapping of variables"
        )
    for name, value in environ.items():
        if not isinstance(name, str):
            raise SettingError(f"{name!r} is not the name of a variable: give text")
        if name.startswith(PREFIXES) and not isinstance(value, str):
            kind = type(value).__name__
            raise SettingError(
                f"{name} is of the type {kind}: give text, as a shell does"
            )
