"""Requests that hang: later passes continue without their results.

What becomes of them is noted when they are answered, and told of in the next pass.
Until then later passes send about the same person only silences:

a silence while there hangs                       is
a removal, or the same silence                    left out
a request of its kind that exposes the person     sent; of the other, once it is
                                                  answered, nothing is remembered
requests of other kinds                           sent
"""

import asyncio
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.ports import Notes
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.waiting import wait_for_tasks
from reconciler.model.action import Action, Change, Harm, Remove, Ring
from reconciler.model.errors import ReconcilerError
from reconciler.planning.order import SILENCING, step_of

HANGS_AFTER_SECONDS = 0.5
"""Seconds without any answer after which a pass continues without what it waits for."""

Row: TypeAlias = "asyncio.Task[list[ActionOutcome]]"
"""The requests of one step about one person, one after the other."""

_Actions: TypeAlias = "Sequence[Change | Remove]"

_Late: TypeAlias = "tuple[str, _Actions, asyncio.Task[None]]"
"""The call SID of a row, what it asks for, and what sees the row through."""


class LateRequests(Struct):
    """Those of all rooms of a process, by room; a call may have one of each step.

    ``requeue`` is told of a room when the last of its own is answered.
    """

    requeue: Callable[[str, float], None]
    _rows: dict[str, dict[int, _Late]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _overtaken: set[int] = field(default_factory=set)
    _outcomes: dict[str, list[ActionOutcome]] = field(default_factory=dict)

    def busy(self, room: str) -> Collection[str]:
        """The calls, by SID, about which a request is not answered."""
        return {call_sid for call_sid, *_ in self._rows.get(room, {}).values()}

    def leave(
        self,
        session: LeaseSession,
        actions: _Actions,
        row: Row,
        notes: Callable[[list[ActionOutcome]], Notes],
    ) -> None:
        """See *row* of *actions* through; *notes* makes what is recorded of it."""
        number = next(self._numbers)
        work = self._run_through(session, number, row, notes)
        rows = self._rows.setdefault(session.room, {})
        call_sid = actions[0].call_sid or ""
        rows[number] = call_sid, actions, asyncio.create_task(work)

    def hang_in(self, room: str) -> bool:
        """Whether requests for *room* are not answered yet."""
        return bool(self._rows.get(room))

    def without_unanswered(
        self, evaluation: Evaluation
    ) -> tuple[Evaluation, tuple[Change | Remove, ...]]:
        """The evaluation without what is not sent while requests hang; see the table.

        Also the silences that are left out.
        """
        left: list[Action] = []
        late: list[Change | Remove] = []
        for action in evaluation.plan.actions:
            if isinstance(action, Ring) or not self._waits(evaluation.room, action):
                left.append(action)
            else:
                late.append(action)
        if not late:
            return evaluation, ()
        silences = tuple(each for each in late if step_of(each) in SILENCING)
        plan = replace(evaluation.plan, actions=tuple(left))
        return replace(evaluation, plan=plan), silences

    def _waits(self, room: str, action: Change | Remove) -> bool:
        """Whether *action* is left out; requests that it overtakes are marked."""
        rows = {
            number: actions
            for number, (call_sid, actions, _) in self._rows.get(room, {}).items()
            if call_sid == (action.call_sid or "")
        }
        if not all(_goes_beside(action, x) for row in rows.values() for x in row):
            return True
        self._overtaken |= {
            number for number, row in rows.items() if _of_kind(action, row)
        }
        return False

    def collect(self, room: str) -> list[ActionOutcome]:
        """What became of late requests since this was asked last; it is on record."""
        return self._outcomes.pop(room, [])

    async def finish(
        self, room: str | None = None, within: float | None = None
    ) -> None:
        """Wait for the answers of *room*, or of all, at most *within* seconds."""
        chosen = self._rows if room is None else {room: self._rows.get(room, {})}
        tasks = {task for rows in chosen.values() for *_, task in rows.values()}
        await wait_for_tasks(tasks, within)

    async def _run_through(
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
                if number in self._overtaken:
                    outcomes = list(map(_forgotten, outcomes))
                self._outcomes.setdefault(room, []).extend(outcomes)
                await session.note(notes(outcomes))
        except ReconcilerError:
            return
        finally:
            self._overtaken.discard(number)
            del self._rows[room][number]
            if not self._rows[room]:
                del self._rows[room]
                self.requeue(room, 0.0)


def _goes_beside(action: Change | Remove, hanging: Change | Remove) -> bool:
    """Whether *action* is sent while *hanging*, about the same person, hangs."""
    if not isinstance(action, Change) or not isinstance(hanging, Change):
        return False
    exposes = hanging.harm is Harm.EXPOSE
    silence = action.harm is Harm.SILENCE
    return silence and (exposes or hanging.kind is not action.kind)


def _of_kind(action: Change | Remove, row: _Actions) -> bool:
    kinds = {each.kind for each in row if isinstance(each, Change)}
    return isinstance(action, Change) and action.kind in kinds


def _forgotten(outcome: ActionOutcome) -> ActionOutcome:
    """*outcome*, with nothing to be remembered of its call."""
    if isinstance(outcome.action, Ring):
        return outcome
    return replace(outcome, action=replace(outcome.action, memory=()))


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
