"""What an operator decides, as it is put on record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """Of which room, when and by whom (an event's ``cause``); why, or ""."""

    room: str
    now: float
    cause: str
    reason: str = ""


def with_reason(message: str, reason: str) -> str:
    """The message of a decision's event with what a person gave as the reason."""
    return f"{message} Reason: {reason}" if reason else message
