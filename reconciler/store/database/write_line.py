"""The thread that writes to SQLite; brief work that waits is done in one transaction.

A commit costs a wait for the disk, and SQLite has one writer at a time: of passes over
many rooms, those that wait for the commit of another share the next one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")

MOST_TOGETHER = 16
"""Pieces of brief work in one transaction: the first of them waits for the last."""

Work: TypeAlias = Callable[[Any], Any]
"""What is done with a connection."""

Outcome: TypeAlias = tuple[Any, BaseException | None]
"""What work returned, or the exception that undid it."""


class _Write(Struct, frozen=True):
    future: Future[Any]
    work: Work
    brief: bool


def _joins(write: _Write, together: Sequence[_Write]) -> bool:
    """Whether *write* is done in the transaction of those that came before it."""
    brief = write.brief and together[0].brief
    return brief and len(together) < MOST_TOGETHER


class WriteLine:
    """Runs work in the order of submission, by *transaction*.

    *transaction* takes one piece of work, or several brief ones, and returns the
    outcome of each; an error that it raises is the outcome of all. The thread is a
    daemon thread: it does not block interpreter exit.
    """

    def __init__(
        self, name: str, transaction: Callable[[Sequence[Work]], Sequence[Outcome]]
    ) -> None:
        self._name = name
        self._transaction = transaction
        self._line: SimpleQueue[_Write | None] = SimpleQueue()
        self._begun = False

    def submit(self, work: Callable[[Any], T], *, brief: bool) -> Future[T]:
        """Let *work* be done; it can be cancelled until the thread has taken it."""
        future: Future[T] = Future()
        self._line.put(_Write(future, work, brief))
        if not self._begun:
            self._begun = True
            Thread(target=self._serve, name=self._name, daemon=True).start()
        return future

    def end(self) -> None:
        """Let the thread end after the work that is in the line now."""
        self._line.put(None)

    def _serve(self) -> None:
        """Do what is in the line, until its end is."""
        write = self._line.get()
        while write is not None:
            together = [write]
            following = self._next()
            while following is not None and _joins(following, together):
                together.append(following)
                following = self._next()
            self._do(together)
            del write, together
            write = following or self._line.get()

    def _next(self) -> _Write | None:
        """What waits now, None if nothing does or the end is next."""
        with suppress(Empty):
            following = self._line.get_nowait()
            if following is not None:
                return following
            self._line.put(None)
        return None

    def _do(self, together: Sequence[_Write]) -> None:
        mine = [x for x in together if x.future.set_running_or_notify_cancel()]
        if not mine:
            return
        for write, (done, error) in zip(mine, self._outcomes(mine), strict=True):
            if error is not None:
                write.future.set_exception(error)
            else:
                write.future.set_result(done)

    def _outcomes(self, together: Sequence[_Write]) -> Sequence[Outcome]:
        try:
            return self._transaction([each.work for each in together])
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
            return [(None, raised)] * len(together)
