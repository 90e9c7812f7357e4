"""Calls that their callee left, so that a member who is declared again is not called."""

from collections.abc import Iterable

from reconciler.model.attempt import Attempt, CallOutcome

UNDONE_SECONDS = 3600.0
"""Seconds after a person left within which an edit that is undone calls nobody.

A window of a schedule that begins is no edit: whom it declares is called.
"""

_BY_THEMSELVES = frozenset({CallOutcome.LEFT, CallOutcome.MOVED, CallOutcome.RUNG})


def last_calls(
    found: Iterable[Attempt], now: float, *, edited: bool
) -> dict[str, tuple[str, int]]:
    """The address and the intent of the last call of each label, where it counts.

    It counts while it is open, and for an edit for an hour after the person left.
    *found* are the attempts of one room, oldest first.
    """
    return {
        label: (attempt.to, attempt.intent)
        for label, attempt in _last(found).items()
        if attempt.open or (edited and _left(attempt, now))
    }


def left_calls(found: Iterable[Attempt], now: float) -> dict[str, tuple[Attempt, ...]]:
    """The attempts of each label's last intent, where the person left an hour ago.

    Not longer ago than that; *found* is as for ``last_calls``.
    """
    found = tuple(found)
    return {
        label: tuple(x for x in found if (x.label, x.intent) == (label, last.intent))
        for label, last in _last(found).items()
        if not last.open and _left(last, now)
    }


def _last(found: Iterable[Attempt]) -> dict[str, Attempt]:
    return {attempt.label: attempt for attempt in found}


def _left(attempt: Attempt, now: float) -> bool:
    ended_at = attempt.ended_at or attempt.created_at
    recent = 0.0 <= now - ended_at < UNDONE_SECONDS
    return recent and attempt.outcome in _BY_THEMSELVES
