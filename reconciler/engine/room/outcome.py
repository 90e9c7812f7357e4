"""What became of an action."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.action import Action


class Outcome(StrEnum):
    """One word for events, JSON and exit codes.

    done      it worked, and Twilio's answer shows what was asked
    gone      Twilio has nobody there: only the next look tells
    delayed   nothing happened; it is tried again
    paced     not sent yet: calls per second
    skipped   not sent: something that must come first did not work
    unknown   it may have worked: the next look tells
    untaken   Twilio answered well and shows something else than was asked
    failed    refused: a person must act
    """

    DONE = "done"
    GONE = "gone"
    DELAYED = "delayed"
    PACED = "paced"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    UNTAKEN = "untaken"
    FAILED = "failed"


UNSENT = frozenset({Outcome.PACED, Outcome.SKIPPED})
"""Results of actions of which no request was made."""


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """An action with its result. ``retry_after`` is in seconds, if told."""

    action: Action
    result: Outcome
    message: str = ""
    request_id: str | None = None
    code: int | None = None
    retry_after: float | None = None
