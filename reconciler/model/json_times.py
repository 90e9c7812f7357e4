"""Times in JSON: beside each in Unix seconds, one as RFC 3339."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any, Final

_TIMES: Final = ("at", "until", "since")
_ENDINGS: Final = ("_at", "_until")
SUFFIX: Final = "_rfc3339"
_PLAIN: Final = frozenset({str, int, float, bool, NoneType})


def with_times(value: Any) -> Any:
    """*value* with a text beside each time in Unix seconds, null where that is."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return _with_times(value)
    if isinstance(value, list | tuple):
        return [with_times(each) for each in value]
    return value


def _with_times(data: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in data.items():
        found[name] = value if type(value) in _PLAIN else with_times(value)
        if _is_time(name) and (value is None or _is_number(value)):
            found[f"{name}{SUFFIX}"] = None if value is None else rfc3339(value)
    return found


@lru_cache(1024)
def _is_time(name: str) -> bool:
    return name in _TIMES or name.endswith(_ENDINGS)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def rfc3339(at: float) -> str:
    """Unix seconds as ``2026-11-29T17:00:00.250Z``; at most the year 9999."""
    latest = datetime.max.replace(tzinfo=UTC).timestamp() - 1
    moment = datetime.fromtimestamp(min(at, latest), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
