"""Fits members to the height of a terminal, the most urgent first."""

from collections import Counter
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
    """At most *most* lines; where they are fewer, who is not settled comes first.

    The last line then counts those who are left out.
    """
    if len(rows) <= most:
        return [row.line for row in rows]
    ranked = sorted(rows, key=lambda row: row.settled)
    kept, left = ranked[: most - 1], ranked[most - 1 :]
    return [*(row.line for row in kept), _left_out(left, "")]


@dataclass(frozen=True, slots=True)
class RoomBlock:
    """The lines of a room: what stands before and after its people.

    ``settled`` says that nothing is to happen in it: where space is short, its
    heading stands for all of it.
    """

    before: tuple[str, ...]
    people: tuple[Row, ...]
    after: tuple[str, ...] = ()
    settled: bool = False

    @property
    def fixed(self) -> int:
        """How many lines are not about people."""
        return len(self.before) + len(self.after)

    def lines(self, most: int) -> list[str]:
        """All of it, with at most *most* lines of people."""
        return [*self.before, *fitted(self.people, most), *self.after]


def folded(blocks: Sequence[RoomBlock], height: int) -> list[str]:
    """The rooms on *height* lines: those not settled first if not all fit."""
    if sum(each.fixed + len(each.people) for each in blocks) < height:
        return [line for each in blocks for line in each.lines(len(each.people))]
    ranked = sorted(blocks, key=lambda each: each.settled)
    whole = [each for each in ranked if not each.settled] or ranked[:1]
    fixed = sum(each.fixed for each in whole) + len(ranked) - len(whole)
    most = rows_each(height, fixed, len(whole))
    lines: list[str] = []
    for at, block in enumerate(ranked):
        shown = block.lines(most) if block in whole else [block.before[0]]
        if len(lines) + len(shown) > height - 2 and at:
            return [*lines, _left_out(ranked[at:], " rooms")]
        lines += shown
    return lines


def _left_out(left: Sequence[Row | RoomBlock], what: str) -> str:
    """``… and 7 more, 1 of them not as declared``."""
    unsettled = sum(not each.settled for each in left)
    note = f", {unsettled} of them not as declared" if unsettled else ""
    return f"  … and {len(left)} more{what}{note}"


def overall(
    states: Sequence[str], plans: Sequence[Plan], queue: Sequence[str] = ()
) -> str:
    """One line over several rooms: states, people, and calls that wait."""
    counts = Counter(states)
    shown = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    people = [person for plan in plans for person in plan.people]
    connected = sum(person.phase is Phase.CONNECTED for person in people)
    notes = [f"{connected} of {len(people)} connected", *queue]
    return f"{len(states)} rooms: {shown}; {'; '.join(notes)}"


def tally(plan: Plan) -> str:
    """How many of a room's members are connected: ``47 of 123 connected``."""
    connected = sum(person.phase is Phase.CONNECTED for person in plan.people)
    return f"{connected} of {len(plan.people)} connected"
