"""Outcomes of actions; one table from Twilio's errors to outcomes."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.action import Action, Ring
from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    NotSent,
    RateLimited,
    RefusalInDoubt,
    TerminalError,
    TransientError,
    TwilioError,
    UnknownOutcome,
)

RETRY_SECONDS = 1.0
"""How long to wait where Twilio asks to wait and does not say how long."""


class Outcome(StrEnum):
    """One word for events, JSON and exit codes.

    done      it worked, and Twilio's answer shows what was requested
    gone      Twilio has nobody there: the next observation shows what is so
    delayed   nothing happened; it is tried again
    paced     not sent yet: calls per second
    skipped   not sent: an action that must come first did not work
    unknown   it may have worked: the next observation shows it
    untaken   Twilio answered with success and shows something else than requested
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


class ActionOutcome(Struct, frozen=True):
    """An action with its result. ``retry_after`` is in seconds, if told."""

    action: Action
    result: Outcome
    message: str = ""
    request_id: str | None = None
    code: int | None = None
    retry_after: float | None = None


_OUTCOMES: tuple[tuple[type[TwilioError], Outcome, Outcome], ...] = (
    # error               of a change or removal  of a create
    (NotSent, Outcome.SKIPPED, Outcome.DELAYED),
    (TransientError, Outcome.DELAYED, Outcome.DELAYED),
    (UnknownOutcome, Outcome.UNKNOWN, Outcome.UNKNOWN),
    (CredentialsRefused, Outcome.FAILED, Outcome.DELAYED),
    (Gone, Outcome.GONE, Outcome.FAILED),
    (TerminalError, Outcome.FAILED, Outcome.FAILED),
)
"""The first row that fits counts."""


def error_outcome(action: Action, error: TwilioError) -> ActionOutcome:
    """What became of *action*, whose request ended with *error*."""
    create = isinstance(action, Ring)
    result = next(
        of_create if create else of_update
        for kind, of_update, of_create in _OUTCOMES
        if isinstance(error, kind)
    )
    wait = retry_delay(error) if holds_up_account(error) else None
    if result is Outcome.SKIPPED:
        wait = 0.0
    return ActionOutcome(
        action, result, str(error), error.request_id, error.code or None, wait
    )


def holds_up_account(error: TwilioError | None) -> bool:
    """Whether *error* holds up every request of the account."""
    return isinstance(error, RateLimited | RefusalInDoubt)


def retry_delay(error: TwilioError) -> float:
    """Seconds until more is sent, which Twilio may not have said."""
    return RETRY_SECONDS if error.retry_after is None else error.retry_after
