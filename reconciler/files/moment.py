"""Local times and instants in files: ``2026-11-29T18:00``."""

import re
from datetime import UTC, datetime
from typing import Final

from yaml.nodes import Node

from reconciler.files.mapping import shown
from reconciler.files.yaml_text import Page
from reconciler.planning.timezone import instant, later_instant, zone

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
LOCAL: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
OFFSET: Final = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"

_MOMENT: Final = re.compile(f"{LOCAL}{OFFSET}?")


def parse_moment(written: str) -> datetime | None:
    """*written* as local time, or with its offset; None if it is neither."""
    if not _MOMENT.fullmatch(written):
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def read_moment(
    page: Page, node: Node, written: str, timezone: str | None
) -> float | None:
    """Unix time of *written*, which is local time of *timezone* without an offset."""
    moment = parse_moment(written)
    if moment is None:
        message = f"{shown(written)} is not a date and time"
        page.wrong(node, message, "write YYYY-MM-DDT18:00 or YYYY-MM-DDT18:00+01:00")
        return None
    if moment.tzinfo is not None:
        return moment.timestamp()
    if timezone is None:
        message = f"{shown(written)} needs a time zone"
        page.wrong(
            node, message, f"add timezone: Europe/Berlin, or write {written}+01:00"
        )
        return None
    return _local(page, node, moment, timezone)


def _local(page: Page, node: Node, moment: datetime, timezone: str) -> float | None:
    at = instant(moment, timezone)
    shifted = datetime.fromtimestamp(at, zone(timezone)).replace(tzinfo=None)
    if shifted != moment:
        message = f"{_text(moment)} does not exist in {timezone}: clocks skip it"
        page.wrong(node, message, f"write {_text(shifted)}")
        return None
    again = later_instant(moment, timezone)
    if again != at:
        message = f"{_text(moment)} occurs twice in {timezone}: the first counts"
        second = datetime.fromtimestamp(again, UTC).replace(tzinfo=None)
        page.warn(node, message, f"write {_text(second)}Z for the second")
    return at


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
