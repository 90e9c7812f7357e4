"""Time zones by their IANA names."""

import re
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from yaml.nodes import Node

from reconciler.files.mapping import did_you_mean, shown
from reconciler.files.scalar import text
from reconciler.files.yaml_text import Page
from reconciler.model.errors import SettingError
from reconciler.planning.timezone import zone

_FIXED: Final = {
    "EST": "America/New_York",
    "MST": "America/Denver",
    "HST": "Pacific/Honolulu",
}
_REVERSED: Final = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)")


def read_timezone(page: Page, node: Node) -> str | None:
    """The name of a time zone; what is wrong is noted."""
    name = text(page, "timezone", node)
    if name is None:
        return None
    try:
        zone(name)
    except SettingError:
        hint = did_you_mean(name, _names()) if page.may_guess() else ""
        message = f"unknown time zone {shown(name)}"
        page.wrong(node, message, hint or "write an IANA name such as Europe/Berlin")
        return None
    _warn_of_fixed(page, node, name)
    return name


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _warn_of_fixed(page: Page, node: Node, name: str) -> None:
    """Names that do not mean what people take them for."""
    turned = _REVERSED.fullmatch(name)
    if turned:
        sign = "-" if turned[1] == "+" else "+"
        message = f"{name} is UTC{sign}{turned[2]}: the sign of these names is reversed"
        page.warn(node, message, "write a place such as Europe/Berlin")
    elif name in _FIXED:
        message = f"{name} is the same offset all year, without daylight saving time"
        page.warn(node, message, f"write a place such as {_FIXED[name]}")
