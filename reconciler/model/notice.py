"""What people can be notified of."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Notice(StrEnum):
    """The kinds that ``notify`` of a roster names."""

    LEFT = "left"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    FAILED = "failed"
    MACHINE = "machine"
    FALLBACK = "fallback"
    REPLACED = "replaced"
    OVERRIDE = "override"
    WITHHELD = "withheld"
    STALLED = "stalled"
    EXPOSED = "exposed"


BY_KIND: Final[Mapping[str, Notice]] = {
    "member.stalled": Notice.STALLED,
    "override.ended": Notice.OVERRIDE,
    "override.set": Notice.OVERRIDE,
    "withheld.": Notice.WITHHELD,
}
"""Notices of whole kinds of events; a key with a dot at its end is a prefix."""


def notice_of_kind(kind: str) -> Notice | None:
    """The notice of every event of *kind*; None where there is none of its own."""
    return BY_KIND.get(kind) or BY_KIND.get(f"{kind.partition('.')[0]}.")
