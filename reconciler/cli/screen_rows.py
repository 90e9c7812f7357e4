"""Fits members to the height of a terminal, the most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.planning.plan import Phase, Plan

FEWEST_ROWS: Final = 3
"""Rows of people that each room gets however small the screen is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line about a person; ``settled`` says that nothing is to happen to them."""

    line: str
    settled: bool


def rows_each(height: int, fixed: int, rooms: int) -> int:
    """Rows of people for each of *rooms*, with *fixed* other lines on the screen."""
    return max(FEWEST_ROWS, (height - 1 - fixed) // max(1, rooms))


def fitted(rows: Sequence[Row], most: int) -> list[str]:
    """At most *most* lines, in order: who is not settled first, then a count."""
    if len(rows) <= most:
        return [row.line for row in rows]
    ranked = sorted(range(len(rows)), key=lambda at: (rows[at].settled, at))
    kept = sorted(ranked[: most - 1])
    left = [rows[at] for at in ranked[most - 1 :]]
    open_ones = sum(not row.settled for row in left)
    note = f", {open_ones} of them not as declared" if open_ones else ""
    lines = [rows[at].line for at in kept]
    return [*lines, f"  … and {len(left)} more{note}"]


def tally(plan: Plan) -> str:
    """How many of a room's members are connected: ``47 of 123 connected``."""
    connected = sum(person.phase is Phase.CONNECTED for person in plan.people)
    return f"{connected} of {len(plan.people)} connected"
