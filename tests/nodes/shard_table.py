"""The shard engine's tables in memory, and the way of one process to them.

What the engine does in one transaction is one here; a process may die, stand still or
lose its database between any two of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, TypeVar

from reconciler.engine.ports import Clock
from reconciler.model.errors import StoreError
from reconciler.scale.shard_engine import DEAD_SECONDS, Membership
from tests.endurance.records import Records

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ShardJob:
    """A job of ``shard``: under way where it has a worker, else queued."""

    shard: int
    worker: int | None = None


@dataclass(slots=True)
class ShardTable:
    """Jobs and workers by their ids; ``clock`` is the database server's."""

    clock: Clock
    jobs: dict[int, ShardJob] = field(default_factory=dict)
    workers: dict[int, float] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def register(self) -> int:
        """A worker whose heartbeat is now."""
        worker = next(self._ids)
        self.workers[worker] = self.clock()
        return worker

    def beat(self, worker: int) -> None:
        """A heartbeat; nothing for a worker that was forgotten."""
        if worker in self.workers:
            self.workers[worker] = self.clock()

    def queue(self, shard: int) -> None:
        """A job that waits, unless one does already."""
        if ShardJob(shard) not in self.jobs.values():
            self.jobs[next(self._ids)] = ShardJob(shard)

    def fetch(self, worker: int) -> tuple[int, int] | None:
        """The oldest job that nobody holds up, now under way."""
        if worker not in self.workers:
            raise StoreError("This worker is not there.")
        running = {x.shard for x in self.jobs.values() if x.worker is not None}
        for number, job in sorted(self.jobs.items()):
            if job.worker is None and job.shard not in running:
                self.jobs[number] = replace(job, worker=worker)
                return job.shard, number
        return None

    def finish(self, number: int) -> None:
        """End a job that is under way."""
        job = self.jobs.get(number)
        if job is not None and job.worker is not None:
            del self.jobs[number]

    def silent(self) -> list[int]:
        """Workers without a heartbeat of late."""
        cut = self.clock() - DEAD_SECONDS
        return [worker for worker, at in self.workers.items() if at < cut]

    def stalled(self) -> list[tuple[int, ShardJob]]:
        """Jobs under way of workers that are silent or forgotten."""
        gone = set(self.silent())
        return [
            (number, job)
            for number, job in self.jobs.items()
            if job.worker is not None
            and (job.worker in gone or job.worker not in self.workers)
        ]

    def membership(self, worker: int) -> Membership:
        """What the engine's query says of *worker*."""
        silent = set(self.silent())
        held = {x.shard: n for n, x in sorted(self.jobs.items()) if x.worker == worker}
        live = tuple(sorted(x for x in self.workers if x not in silent))
        present = len({job.shard for job in self.jobs.values()})
        return Membership(worker in self.workers, live, held, present)


@dataclass(slots=True)
class NodeEngine:
    """``shard_holder.Engine`` of the process whose store *records* is."""

    table: ShardTable
    records: Records

    async def join(self, about: Mapping[str, Any]) -> int:  # noqa: ARG002 - the port has it
        return await self._commit("join", self.table.register)

    async def beat(self, worker: int) -> None:
        await self._commit("beat", lambda: self.table.beat(worker))

    async def membership(self, worker: int) -> Membership:
        return await self._commit("membership", lambda: self.table.membership(worker))

    async def take(self, worker: int) -> tuple[int, int] | None:
        return await self._commit("take", lambda: self.table.fetch(worker))

    async def give_back(self, shard: int, job: int) -> None:
        await self._commit("queue", lambda: self.table.queue(shard))
        await self._commit("finish", lambda: self.table.finish(job))

    async def free_dead(self) -> None:
        for number, job in await self._commit("stalled", self.table.stalled):
            await self.give_back(job.shard, number)
        await self._commit("forget", self._forget)

    def _forget(self) -> None:
        for worker in self.table.silent():
            del self.table.workers[worker]

    async def seed(self, shards: int) -> None:
        present = {job.shard for job in self.table.jobs.values()}
        for shard in set(range(shards)) - present:
            await self._commit("seed", partial(self.table.queue, shard))

    async def leave(self, worker: int, held: Mapping[int, int]) -> None:
        for shard, job in held.items():
            await self.give_back(shard, job)
        await self._commit("leave", lambda: self.table.workers.pop(worker, None))

    async def _commit(self, what: str, work: Callable[[], T]) -> T:
        async def done() -> T:
            return work()

        return await self.records._write(f"shards {what}", done, lambda _: None)
