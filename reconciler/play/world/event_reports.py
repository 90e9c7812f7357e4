"""Events that report calls to processes: late, twice, in any order, or never."""

import random
from contextvars import Context

from msgspec import Struct, field

from reconciler.engine.room.reported_call_buffer import ReportedCallBuffer
from reconciler.model.reported_call import ReportedCall, ReportSource
from reconciler.play.world.act import Act
from reconciler.play.world.virtual_loop import Process, VirtualLoop

LOST = 0.2
TWICE = 0.2
"""Shares of events that never come, and that come again."""

LATEST_SECONDS = 60.0
"""Seconds after which an event comes at the latest."""


class EventReports(Struct):
    """Reports of one run; nobody listens where ``_listeners`` is empty."""

    loop: VirtualLoop
    chance: random.Random
    _listeners: list[tuple[Process, ReportedCallBuffer]] = field(default_factory=list)

    def listen(self, process: Process, buffer: ReportedCallBuffer) -> None:
        """From now on events reach *process*, as long as it lives."""
        self._listeners.append((process, buffer))

    def created(self, act: Act) -> None:
        """A create of ours made a call."""
        if not self._listeners or not act.call_sid:
            return
        sid, label, to = act.call_sid, act.target, act.form.get("To", "")
        source = ReportSource.EVENT_STREAMS
        kinds = (
            ReportedCall(sid, source, label, to),
            ReportedCall(sid, source, label),
            ReportedCall(sid, source, to=to),
        )
        for report in kinds:
            self._send(act.room, report)

    def _send(self, room: str, report: ReportedCall) -> None:
        chance = self.chance
        if chance.random() < LOST:
            return
        for _ in range(2 if chance.random() < TWICE else 1):
            late = chance.choice((0.0, 2.0, 10.0, LATEST_SECONDS))
            wait = round(chance.uniform(0.0, late), 3)
            self.loop.call_later(wait, self._come, room, report, context=Context())

    def _come(self, room: str, report: ReportedCall) -> None:
        for process, buffer in self._listeners:
            if process.alive and not process.frozen:
                buffer.add(room, report)
