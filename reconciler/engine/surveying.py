"""One survey for all rooms that are looked at together."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.engine.ports import Provider
from reconciler.model.observation import Conference

Shown = Mapping[str, Conference] | str


@dataclass(slots=True)
class _Batch:
    """Rooms that wait for the same survey."""

    shown: "asyncio.Future[Shown]"
    rooms: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Surveyor:
    """Shares surveys: while one is under way, whoever asks joins the next.

    So what it shows is never older than the question.
    """

    provider: Provider
    _next: _Batch | None = None
    _task: "asyncio.Task[None] | None" = None

    async def of(self, room: str) -> Conference | str | None:
        """The active conference of *room*, a reason if unknown, None without one.

        Raises what ``Provider.survey`` raises.
        """
        if self._next is None:
            self._next = _Batch(asyncio.get_running_loop().create_future())
        batch = self._next
        batch.rooms.add(room)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._survey())
        shown = await asyncio.shield(batch.shown)
        return shown if isinstance(shown, str) else shown.get(room)

    async def close(self) -> None:
        """End what is under way."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        if self._next is not None:
            self._next.shown.cancel()
            self._next = None

    async def _survey(self) -> None:
        await asyncio.sleep(0)
        while self._next is not None:
            batch, self._next = self._next, None
            try:
                shown = await self.provider.survey(sorted(batch.rooms))
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                batch.shown.set_exception(error)
                batch.shown.exception()
            except BaseException:
                batch.shown.cancel()
                raise
            else:
                batch.shown.set_result(shown)
