"""Coalesces concurrent identical reads into one (single flight)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar

from msgspec import Struct, field

T = TypeVar("T")


class _Batch(Struct, Generic[T]):
    """Keys that wait for the same answer."""

    answer: "asyncio.Future[T]"
    keys: set[str] = field(default_factory=set)


class Coalescer(Struct, Generic[T]):
    """Shares questions: while one is under way, whoever asks joins the next.

    So an answer is never older than the question. ``ask`` is given all keys.
    """

    ask: Callable[[Collection[str]], Awaitable[T]]
    _next: _Batch[T] | None = None
    _task: "asyncio.Task[None] | None" = None

    async def of(self, keys: Collection[str]) -> T:
        """The answer to a question about *keys* and perhaps others.

        Raises what ``ask`` raises.
        """
        return await asyncio.shield(self._joined(keys))

    def start(self, keys: Collection[str]) -> None:
        """As ``of``, for whoever does not wait: those who ask next may join."""
        _ = self._joined(keys)

    def _joined(self, keys: Collection[str]) -> "asyncio.Future[T]":
        if self._next is None:
            self._next = _Batch(asyncio.get_running_loop().create_future())
        batch = self._next
        batch.keys.update(keys)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return batch.answer

    async def close(self) -> None:
        """End what is under way."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        if self._next is not None:
            self._next.answer.cancel()
            self._next = None

    async def _work(self) -> None:
        await asyncio.sleep(0)
        while self._next is not None:
            batch, self._next = self._next, None
            try:
                answer = await self.ask(sorted(batch.keys))
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                batch.answer.set_exception(error)
                batch.answer.exception()
            except BaseException:
                batch.answer.cancel()
                raise
            else:
                batch.answer.set_result(answer)
