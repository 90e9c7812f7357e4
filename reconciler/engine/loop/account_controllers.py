"""The controllers of several accounts, one each, as one.

Each has its own client, limits, survey, pause and credentials, and the rooms in which
its account acts. What holds up one holds up no other.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.loop.controller import Controller
from reconciler.engine.loop.observer import Heartbeat
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall


class AccountControllers(Struct, frozen=True):
    """Controllers by the names of their accounts; see ``Controller``."""

    by_account: Mapping[str, Controller]

    @property
    def all(self) -> tuple[Controller, ...]:
        """The controllers, in the order of the accounts."""
        return tuple(self.by_account.values())

    @property
    def warm(self) -> bool:
        """Whether every room was read once."""
        return all(each.warm for each in self.all)

    def heartbeat(self) -> Heartbeat:
        """Signs of life: of each kind, that of the controller that is worst off.

        A run that went well says that runs can: the latest counts.
        """
        beats = [each.heartbeat() for each in self.all]
        first = beats[0]
        return (
            first
            if len(beats) == 1
            else replace(
                first,
                loop_at=_least(each.loop_at for each in beats),
                ticked_at=_least(each.ticked_at for each in beats),
                oldest_run_at=min(_known(x.oldest_run_at for x in beats), default=None),
                last_clean_at=max(_known(x.last_clean_at for x in beats), default=None),
                warm=all(each.warm for each in beats),
            )
        )

    def mark(self, room: str, priority: Priority, cause: str = "") -> bool:
        """Have *room* looked at; False for a room that no account has here."""
        return any(each.mark(room, priority, cause) for each in self.all)

    def mark_all(self, priority: Priority, cause: str = "") -> None:
        """Have every room looked at."""
        for each in self.all:
            each.mark_all(priority, cause)

    def knows(self, room: str) -> bool:
        """Whether the store had the room when it was last asked."""
        return any(each.knows(room) for each in self.all)

    def heard(self, room: str, conference_sid: str) -> None:
        """An event of a conference of *room* came."""
        for each in self.all:
            if each.resync_schedule.knows(room):
                each.heard(room, conference_sid)

    def leg_event(self, room: str, event: LegEvent) -> None:
        """An event of a leg of *room* came."""
        for each in self.all:
            each.leg_event(room, event)

    def reported_call(self, room: str, report: ReportedCall) -> None:
        """A second source reports a call into *room*."""
        for each in self.all:
            each.reported_call(room, report)

    def ask(self) -> None:
        """Somebody decided something: ask the store soon."""
        for each in self.all:
            each.ask()

    def elsewhere(self) -> Collection[str]:
        """Known rooms that another process works on."""
        away = {room for each in self.all for room in each.share.elsewhere}
        return {
            x for x in away if not any(y.resync_schedule.knows(x) for y in self.all)
        }

    def is_elsewhere(self, room: str) -> bool:
        """Whether another process works on *room*."""
        here = any(each.resync_schedule.knows(room) for each in self.all)
        return not here and any(room in each.share.elsewhere for each in self.all)

    def reshare(self) -> None:
        """Other rooms are this process's now."""
        for each in self.all:
            each.reshare()

    def tick(self, now: float) -> None:
        """Once a second; see ``Controller.tick``."""
        for each in self.all:
            each.tick(now)

    async def save(self) -> None:
        """Store what rooms rest on; see ``Controller.save``."""
        for each in self.all:
            await each.save()

    async def conclude(self) -> None:
        """After ``run``: store what rooms rest on, as of now."""
        for each in self.all:
            await each.conclude()

    async def run(self) -> None:
        """Visit rooms until told to stop; one that fails stops all."""
        async with asyncio.TaskGroup() as tasks:
            for each in self.all:
                tasks.create_task(each.run())


def _known(times: Iterable[float | None]) -> list[float]:
    return [each for each in times if each is not None]


def _least(times: Iterable[float | None]) -> float | None:
    """The earliest, None as soon as one is None."""
    found = tuple(times)
    known = _known(found)
    return min(known) if known and len(known) == len(found) else None
