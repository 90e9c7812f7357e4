"""What an operator decides, as it is put on record."""

from msgspec import Struct


class Decision(Struct, frozen=True):
    """Of which room, when and by whom (an event's ``cause``); why, or ""."""

    room: str
    now: float
    cause: str
    reason: str = ""


def with_reason(message: str, reason: str) -> str:
    """The message of a decision's event with what a person gave as the reason."""
    return f"{message} Reason: {reason}" if reason else message
