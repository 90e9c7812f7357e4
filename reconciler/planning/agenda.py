"""What a room's schedule and overrides change over time, instant by instant."""

from collections.abc import Iterator, Sequence
from itertools import islice
from math import inf
from typing import Final

from msgspec import Struct

from reconciler.model.declaration import Declaration, Effective, Override
from reconciler.model.roster import Member
from reconciler.planning.effective import effective

MOST: Final = 10_000
"""Instants that are looked at: of windows that open every hour, a year."""


MOST_UNCHANGED: Final = 400
"""Instants without a change after which ``next_change`` gives up: hourly, 16 days."""


class AgendaEntry(Struct, frozen=True):
    """What holds from ``at`` on, and what of it differs from just before.

    ``joins`` and ``leaves`` are labels that are, or are no longer, declared;
    ``changes`` those whose fields differ.
    """

    at: float
    effective: Effective
    joins: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


def agenda(
    declaration: Declaration, overrides: Sequence[Override], start: float, end: float
) -> Iterator[AgendaEntry]:
    """What holds at *start*, and every change of it until *end*, in order."""
    before: Effective | None = None
    for at, now in boundaries(declaration, overrides, start, end):
        if before is None:
            yield AgendaEntry(at, now)
        elif _differ(before, now):
            yield _compared(at, before, now)
        before = now


def next_change(
    declaration: Declaration, overrides: Sequence[Override], now: float
) -> float | None:
    """When mode or roster first differ from those at *now*, as the agenda says.

    A window that begins as another ends changes nothing. None: not in the next
    ``MOST_UNCHANGED`` boundaries.
    """
    steps = islice(boundaries(declaration, overrides, now, inf), MOST_UNCHANGED + 1)
    _, before = next(steps)
    return next((at for at, later in steps if _differ(before, later)), None)


def _differ(before: Effective, later: Effective) -> bool:
    return before.mode != later.mode or before.roster != later.roster


def boundaries(
    declaration: Declaration, overrides: Sequence[Override], start: float, end: float
) -> Iterator[tuple[float, Effective]]:
    """What holds at *start* and from each boundary before *end* on."""
    at: float | None = start
    for _ in range(MOST):
        if at is None or (at >= end and at != start):
            return
        found = effective(declaration, overrides, at)
        yield at, found
        at = found.until


def _compared(at: float, before: Effective, now: Effective) -> AgendaEntry:
    old, new = _members(before), _members(now)
    return AgendaEntry(
        at=at,
        effective=now,
        joins=tuple(each for each in new if each not in old),
        leaves=tuple(each for each in old if each not in new),
        changes=tuple(x for x in new if x in old and new[x] != old[x]),
    )


def _members(found: Effective) -> dict[str, Member]:
    return {member.label: member for member in found.roster.members}
