"""Progress of reading roster files, shown on a terminal if it is slow."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from reconciler.bootstrap import monotonic
from reconciler.cli.options import is_terminal

SLOW_SECONDS = 1.0
"""Seconds for which nothing is said."""

REDRAW_SECONDS = 0.1
"""Seconds between two numbers."""

_CLEAR = "\r\x1b[K"


@contextmanager
def reading(
    *, quiet: bool, clock: Callable[[], float] = monotonic
) -> Iterator[Callable[[int, int], None]]:
    """What to tell how many files of how many were read.

    One line of standard error is written over and gone at the end, however it
    ends; nothing is written where that is no terminal, or if *quiet*.
    """
    if quiet or not is_terminal(sys.stderr):
        yield lambda _read, _all: None
        return
    counter = _Counter(clock)
    try:
        yield counter.tell
    finally:
        counter.clear()


class _Counter:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due = clock() + SLOW_SECONDS
        self._written = False

    def tell(self, read: int, of: int) -> None:
        """Show the numbers, if it is time."""
        now = self._clock()
        if now >= self._due:
            self._due = now + REDRAW_SECONDS
            self._written = True
            _write(f"{_CLEAR}reading rosters {read}/{of}")

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._written:
            _write(_CLEAR)


def _write(text: str) -> None:
    click.echo(text, nl=False, err=True, color=True)
