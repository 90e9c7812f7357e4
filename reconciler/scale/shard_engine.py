"""Shards as jobs of procrastinate, each done by the daemon that holds it.

    a shard        a job with lock and queueing lock ``shard-N``
    held           ``doing``, by the worker of a daemon
    free           ``todo``
    given back     a successor is queued, then the held job is deleted
    a daemon       a worker, and a job of its own with its name and version

The engine's own ``Worker`` is not used: it holds as many jobs as it was started for,
whoever else is there; it stays deaf after the server restarted, or ends; and a lock
that is given back wakes nobody. Its functions and tables have none of that.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import psycopg
from msgspec import Struct
from procrastinate import PsycopgConnector, exceptions
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from reconciler.model.errors import StoreError
from reconciler.scale.direct_connection import database_name

DEAD_SECONDS: Final = 6.0
"""Seconds without a heartbeat after which a daemon's shards are dealt out again."""

_SHARDS, _NODE = "shards", "node"
_POOL_SECONDS = 2.0
"""Seconds for a connection of the engine's pool."""

_MEMBERSHIP = """
SELECT
    ARRAY(SELECT id FROM procrastinate_workers WHERE last_heartbeat
          >= now() - make_interval(secs => %(dead)s) ORDER BY id) AS live,
    EXISTS(SELECT FROM procrastinate_workers WHERE id = %(worker)s) AS known,
    ARRAY(SELECT id FROM procrastinate_jobs WHERE worker_id = %(worker)s
          AND status = 'doing' AND task_name = 'shards' ORDER BY id) AS jobs,
    ARRAY(SELECT lock FROM procrastinate_jobs WHERE worker_id = %(worker)s
          AND status = 'doing' AND task_name = 'shards' ORDER BY id) AS locks,
    (SELECT count(DISTINCT lock) FROM procrastinate_jobs WHERE task_name = 'shards'
          AND status IN ('todo', 'doing')) AS present
"""
_PRESENT = """
SELECT DISTINCT lock FROM procrastinate_jobs
WHERE task_name = 'shards' AND status IN ('todo', 'doing')
"""
_NODES = """
SELECT w.id, extract(epoch FROM now() - w.last_heartbeat)::float8 AS silent,
    (SELECT args FROM procrastinate_jobs WHERE worker_id = w.id
        AND task_name = 'node' AND status = 'doing' LIMIT 1) AS args,
    ARRAY(SELECT lock FROM procrastinate_jobs WHERE worker_id = w.id
        AND task_name = 'shards' AND status = 'doing') AS locks
FROM procrastinate_workers w ORDER BY w.id
"""
_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
FROM pg_class c WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r'
"""


class Membership(Struct, frozen=True):
    """What the engine says of a worker: ``held`` has its job of each shard.

    ``known`` is False for one that was taken for dead. ``live`` are all workers with
    a heartbeat. ``present`` counts the shards that somebody holds or that wait.
    """

    known: bool
    live: tuple[int, ...]
    held: Mapping[int, int]
    present: int


class Node(Struct, frozen=True):
    """A daemon: ``about`` is what it says of itself, ``silent`` since its heartbeat."""

    worker: int
    about: Mapping[str, Any]
    silent_seconds: float
    shards: tuple[int, ...]

    @property
    def live(self) -> bool:
        """Whether it counts as running."""
        return self.silent_seconds < DEAD_SECONDS


class ShardEngine:
    """The engine in one database; methods raise StoreError when it cannot be used."""

    def __init__(self, connector: PsycopgConnector, name: str) -> None:
        self._connector = connector
        self._manager = JobManager(connector)
        self._name = name

    async def join(self, about: Mapping[str, Any]) -> int:
        """Register a worker, with a job that says what it is; its id."""
        with _errors(self._name):
            worker: int = await self._manager.register_worker()
            queue = f"node-{worker}"
            await self._manager.defer_job_async(_job(_NODE, queue, queue, about))
            await self._manager.fetch_job([queue], worker)
        return worker

    async def beat(self, worker: int) -> None:
        """Say that *worker* lives."""
        with _errors(self._name):
            await self._manager.update_heartbeat(worker)

    async def membership(self, worker: int) -> Membership:
        """What *worker* holds, and who else is there."""
        row = await self._one(_MEMBERSHIP, worker=worker, dead=DEAD_SECONDS)
        held = dict(zip(map(_number, row["locks"]), row["jobs"], strict=True))
        return Membership(row["known"], tuple(row["live"]), held, row["present"])

    async def take(self, worker: int) -> tuple[int, int] | None:
        """A free shard and its job, now held by *worker*; None without one."""
        with _errors(self._name):
            job = await self._manager.fetch_job([_SHARDS], worker)
        if job is None or job.id is None:
            return None
        return _number(job.lock or ""), job.id

    async def give_back(self, shard: int, job: int) -> None:
        """Let another daemon take *shard*. Ends between the two leave it queued."""
        with _errors(self._name):
            await self._queue(shard)
            await self._finish(job)

    async def free_dead(self) -> None:
        """Forget workers without a heartbeat, then free what nobody holds any longer.

        A worker whose heartbeat comes late is forgotten, and joins again, or keeps all
        that it holds. A successor may be queued already, so the job of a worker that is
        gone is ended, never retried.
        """
        with _errors(self._name):
            await self._manager.prune_stalled_workers(DEAD_SECONDS)
            stalled = await self._manager.get_stalled_jobs(
                seconds_since_heartbeat=DEAD_SECONDS
            )
            for each in (x for x in stalled if x.worker_id is None):
                if each.task_name == _SHARDS:
                    await self._queue(_number(each.lock or ""))
                await self._finish(each.id)

    async def seed(self, shards: int) -> None:
        """Queue the shards of which there is no job.

        One of them that somebody queues meanwhile undoes the whole batch.
        """
        rows = await self._all(_PRESENT)
        present = {_number(row["lock"]) for row in rows}
        missing = sorted(set(range(shards)) - present)
        with _errors(self._name):
            try:
                await self._manager.batch_defer_jobs_async(list(map(_shard, missing)))
            except exceptions.AlreadyEnqueued:
                for each in missing:
                    await self._queue(each)

    async def leave(self, worker: int, held: Mapping[int, int]) -> None:
        """Give everything back and unregister."""
        for shard, job in held.items():
            await self.give_back(shard, job)
        with _errors(self._name):
            for each in await self._manager.list_jobs_async(
                worker_id=worker, status=Status.DOING.value
            ):
                await self._finish(each.id)
            await self._manager.unregister_worker(worker)

    async def nodes(self) -> tuple[Node, ...]:
        """All daemons, those without a heartbeat too until they are forgotten."""
        return tuple(
            Node(
                row["id"],
                row["args"] or {},
                row["silent"],
                tuple(sorted(map(_number, row["locks"]))),
            )
            for row in await self._all(_NODES)
        )

    async def table_bytes(self) -> int:
        """How much disk the engine's tables and their indexes take."""
        return int((await self._one(_SIZE))["bytes"])

    async def _queue(self, shard: int) -> None:
        with suppress(exceptions.AlreadyEnqueued):
            await self._manager.defer_job_async(_shard(shard))

    async def _finish(self, job: int | None) -> None:
        """Delete a job that is under way; nothing happens if it is gone."""
        if job is None:
            return
        try:
            await self._manager.finish_job_by_id_async(
                job_id=job, status=Status.SUCCEEDED, delete_job=True
            )
        except exceptions.ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.errors.RaiseException):
                raise

    async def _one(self, query: str, **values: Any) -> Mapping[str, Any]:
        return (await self._all(query, **values))[0]

    async def _all(self, query: str, **values: Any) -> list[dict[str, Any]]:
        with _errors(self._name):
            rows: list[dict[str, Any]] = await self._connector.execute_query_all_async(
                query, **values
            )
            return rows


@contextmanager
def _errors(name: str) -> Iterator[None]:
    """Whatever the database called *name* throws inside is raised as a StoreError."""
    try:
        yield
    except (exceptions.ConnectorException, psycopg.Error) as error:
        cause = error.__cause__ or error
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        raise StoreError(
            f"the shard engine in the database {name} cannot be used: {lines[0]}"
        ) from error


def _shard(number: int) -> Job:
    return _job(_SHARDS, _SHARDS, f"shard-{number}", {})


def _job(task: str, queue: str, lock: str, about: Mapping[str, Any]) -> Job:
    return Job(
        task_name=task,
        queue=queue,
        lock=lock,
        queueing_lock=lock,
        task_kwargs=dict(about),
    )


def _number(lock: str) -> int:
    return int(lock.partition("-")[2])


@asynccontextmanager
async def open_engine(conninfo: str) -> AsyncIterator[ShardEngine]:
    """The engine at *conninfo*; StoreError if it cannot be reached.

    Nothing is prepared, so that connections survive a replacement of the tables.
    """
    connector = PsycopgConnector(
        conninfo=conninfo,
        min_size=1,
        max_size=2,
        timeout=_POOL_SECONDS,
        kwargs={"prepare_threshold": None},
    )
    name = database_name(conninfo)
    with _errors(name):
        await connector.open_async()
    try:
        yield ShardEngine(connector, name)
    finally:
        await connector.close_async()
