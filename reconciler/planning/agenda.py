"""What a room's schedule and overrides change over time, instant by instant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.model.declaration import Declaration, Effective, Override
from reconciler.model.roster import Member
from reconciler.planning.effective import effective

MOST: Final = 10_000
"""Instants that are looked at: of windows that open every hour, a year."""


@dataclass(frozen=True, slots=True)
class AgendaEntry:
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
        elif before.mode != now.mode or before.roster != now.roster:
            yield _compared(at, before, now)
        before = now


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
    return {each.label: each for each in found.roster.members}
