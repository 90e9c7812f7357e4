"""What people can be notified of."""

from enum import StrEnum


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
