"""Requests that hang: later passes continue without their results.

What becomes of them is noted when they are answered, and told of in the next pass.
Until then later passes send nothing else about the same person.
"""

import asyncio
import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.engine.ports import Notes
from reconciler.engine.room.evaluate import Evaluation
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.waiting import wait_for_tasks
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.errors import ReconcilerError
from reconciler.planning.order import SILENCING, step_of

HANGS_AFTER_SECONDS = 0.5
"""Seconds without any answer after which a pass continues without what it waits for."""

Row: TypeAlias = "asyncio.Task[list[ActionOutcome]]"
"""The requests of one step about one person, one after the other."""

_Late: TypeAlias = "tuple[str, asyncio.Task[None]]"
"""The call SID of a row, and what sees the row through."""


@dataclass(slots=True)
class LateRequests:
    """Those of all rooms of a process, by room; a call may have one of each step.

    ``requeue`` is told of a room when the last of its own is answered.
    """

    requeue: Callable[[str, float], None]
    _rows: dict[str, dict[int, _Late]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _outcomes: dict[str, list[ActionOutcome]] = field(default_factory=dict)

    def busy(self, room: str) -> Collection[str]:
        """The calls, by SID, about which a request is not answered."""
        return {call_sid for call_sid, _ in self._rows.get(room, {}).values()}

    def leave(
        self,
        session: LeaseSession,
        call_sid: str,
        row: Row,
        notes: Callable[[list[ActionOutcome]], Notes],
    ) -> None:
        """See *row* through; *notes* makes what is recorded of it."""
        number = next(self._numbers)
        work = self._seen_through(session, number, row, notes)
        rows = self._rows.setdefault(session.room, {})
        rows[number] = call_sid, asyncio.create_task(work)

    def collect(self, room: str) -> list[ActionOutcome]:
        """What became of late requests since this was asked last; it is on record."""
        return self._outcomes.pop(room, [])

    async def finish(
        self, room: str | None = None, within: float | None = None
    ) -> None:
        """Wait for the answers of *room*, or of all, at most *within* seconds."""
        chosen = self._rows if room is None else {room: self._rows.get(room, {})}
        tasks = {task for rows in chosen.values() for _, task in rows.values()}
        await wait_for_tasks(tasks, within)

    async def _seen_through(
        self,
        session: LeaseSession,
        number: int,
        row: Row,
        notes: Callable[[list[ActionOutcome]], Notes],
    ) -> None:
        room = session.room
        try:
            async with session.in_use():
                outcomes = await row
                self._outcomes.setdefault(room, []).extend(outcomes)
                await session.note(notes(outcomes))
        except ReconcilerError:
            return
        finally:
            del self._rows[room][number]
            if not self._rows[room]:
                del self._rows[room]
                self.requeue(room, 0.0)


def without_unanswered(
    evaluation: Evaluation, busy: Collection[str]
) -> tuple[Evaluation, tuple[Change | Remove, ...]]:
    """The evaluation without people about whom a request is not answered yet.

    *busy* are their calls, by SID. Also the silences that are left out with them.
    """
    actions = evaluation.plan.actions
    late = [e for e in actions if not isinstance(e, Ring) and e.call_sid in busy]
    if not late:
        return evaluation, ()
    left = tuple(each for each in actions if each not in late)
    silences = tuple(each for each in late if step_of(each) in SILENCING)
    plan = replace(evaluation.plan, actions=left)
    return replace(evaluation, plan=plan), silences


async def answered(rows: Collection[Row]) -> None:
    """Wait for *rows* for as long as any of them is answered now and then."""
    waiting = set(rows)
    while waiting:
        done, waiting = await asyncio.wait(
            waiting,
            timeout=HANGS_AFTER_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not done:
            return
