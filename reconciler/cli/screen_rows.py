"""Fits members to the height of a terminal, the most urgent first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from reconciler.planning.plan import Phase, Plan

FEWEST_ROWS: Final = 3
"""Rows of people that each room gets however small the screen is."""


class Row(Struct, frozen=True):
    """A line about a person; ``settled`` says that nothing is to happen to them."""

    line: str
    settled: bool


class Screen(Struct, frozen=True):
    """A terminal of so many lines and columns: longer lines take several."""

    height: int
    width: int

    def rows(self, lines: Iterable[str]) -> int:
        """How many lines of the terminal *lines* take."""
        return sum(_wrapped(line, self.width) for line in lines)

    def less(self, lines: Sequence[str]) -> "Screen":
        """What *lines* leave of it."""
        return Screen(self.height - self.rows(lines), self.width)

    def cut(self, lines: Sequence[str], most: int) -> list[str]:
        """*lines* on at most *most* of its own; the last one counts those left out."""
        kept = list(lines)
        if self.rows(kept) <= most:
            return kept
        while kept and self.rows(kept) >= most:
            kept.pop()
        return [*kept, f"  … and {len(lines) - len(kept)} more lines"]


@lru_cache(maxsize=4096)
def _wrapped(line: str, width: int) -> int:
    if line.isascii() and len(line) <= width:
        return 1
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    return max(1, len(Text.from_ansi(line).wrap(Console(width=width), width)))


def rows_per_room(height: int, fixed: int, rooms: int) -> int:
    """Rows of people for each of *rooms*, with *fixed* other lines on the screen."""
    return max(FEWEST_ROWS, (height - 1 - fixed) // max(1, rooms))


def fitted(rows: Sequence[Row], most: int, screen: Screen) -> list[str]:
    """At most *most* lines of *screen*; who is not settled comes first if not all fit.

    The last line then counts those who are left out.
    """
    if screen.rows(row.line for row in rows) <= most:
        return [row.line for row in rows]
    ranked = sorted(rows, key=lambda row: row.settled)
    kept: list[Row] = []
    for row in ranked:
        most -= screen.rows([row.line])
        if most < 1 and kept:
            break
        kept.append(row)
    return [*(row.line for row in kept), _left_out(ranked[len(kept) :], "")]


class RoomBlock(Struct, frozen=True):
    """The lines of a room: what stands before and after its people.

    ``settled`` says that nothing is to happen in it: where space is short, its
    heading stands for all of it.
    """

    before: tuple[str, ...]
    people: tuple[Row, ...]
    after: tuple[str, ...] = ()
    settled: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        """The lines that are not about people."""
        return (*self.before, *self.after)

    def lines(self, most: int, screen: Screen) -> list[str]:
        """All of it, with at most *most* lines of people."""
        return [*self.before, *fitted(self.people, most, screen), *self.after]


def folded(blocks: Sequence[RoomBlock], screen: Screen) -> list[str]:
    """The rooms on *screen*: those not settled first if not all fit."""
    whole = [
        line
        for block in blocks
        for line in (*block.before, *(row.line for row in block.people), *block.after)
    ]
    return whole if screen.rows(whole) < screen.height else _ranked(blocks, screen)


def _ranked(blocks: Sequence[RoomBlock], screen: Screen) -> list[str]:
    ranked = sorted(blocks, key=lambda each: each.settled)
    whole = [each for each in ranked if not each.settled] or ranked[:1]
    fixed = sum(screen.rows(each.fixed) for each in whole) + len(ranked) - len(whole)
    most = rows_per_room(screen.height, fixed, len(whole))
    lines: list[str] = []
    for at, block in enumerate(ranked):
        shown = block.lines(most, screen) if block in whole else [block.before[0]]
        if not at:
            shown = screen.cut(shown, screen.height - min(2, len(ranked)))
        elif screen.rows([*lines, *shown]) > screen.height - 2:
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
