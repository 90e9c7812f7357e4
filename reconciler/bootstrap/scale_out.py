"""One daemon among several on a database: its shards, and marks for the others."""

import asyncio
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from reconciler import __version__
from reconciler.bootstrap.environment import now
from reconciler.engine.loop.account_controllers import AccountControllers
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.ports import Clock
from reconciler.model.errors import SettingError, StoreError
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall
from reconciler.settings import Settings
from reconciler.store.migration import HEAD
from reconciler.store.opening import open_reader
from reconciler.telemetry.scale_metrics import ScaleFigures

if TYPE_CHECKING:
    from reconciler.scale.room_marks import MarkListener, MarkSender
    from reconciler.scale.shard_engine import Node, ShardEngine
    from reconciler.scale.shard_holder import ShardHolder

MEASURE_SECONDS = 60.0
"""Seconds between two measurements of the engine's tables."""

_MISSING = "--scale needs the extra 'scale': pip install 'conference-reconciler[scale]'"


def scale_conninfo(of: Settings) -> str:
    """The direct connection; SettingError without the extra, or without PostgreSQL."""
    try:
        from reconciler.scale.direct_connection import direct_conninfo  # noqa: PLC0415 - an extra
        from reconciler.scale.engine_schema import ENGINE  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingError(_MISSING) from error
    assert ENGINE  # noqa: S101 - imported to see whether it is there
    return direct_conninfo(of.scale_database_url or of.database_url)


async def require_one_database(of: Settings) -> None:
    """SettingError if rooms and shards would be in two databases, perhaps of one name."""
    if of.scale_database_url is None:
        return
    from reconciler.scale.direct_connection import require_database  # noqa: PLC0415 - an extra

    async with await open_reader(of.database_url) as store:
        identity = await store.identity()
    await require_database(scale_conninfo(of), identity)


async def install_engine(of: Settings) -> str:
    """Make the tables of the shard engine, or replace another version's; its name."""
    conninfo = scale_conninfo(of)
    from reconciler.scale.engine_schema import ENGINE, install  # noqa: PLC0415 - an extra

    await require_one_database(of)
    await install(conninfo)
    return ENGINE


class ScaleOut(Struct):
    """The parts of a daemon that others of its database know of."""

    engine: "ShardEngine"
    holder: "ShardHolder"
    sender: "MarkSender"
    listener: "MarkListener"
    clock_ahead: Clock
    engine_bytes: int = 0
    _heard: dict[str, str] = field(default_factory=dict)
    _leg_events: dict[str, list[LegEvent]] = field(default_factory=dict)
    _reports: dict[str, list[ReportedCall]] = field(default_factory=dict)
    _keeping: "asyncio.Task[None] | None" = None

    async def begin(self) -> None:
        """Join the others, take the shards that are free, and keep them from then on."""
        await self.holder.begin()
        self._keeping = asyncio.create_task(self.holder.run())

    def tasks(self) -> "tuple[Coroutine[Any, Any, None], ...]":
        """What runs beside the loop."""
        return self.sender.run(), self.listener.run(), self._measure()

    async def _measure(self) -> None:
        while True:
            with suppress(StoreError):
                self.engine_bytes = await self.engine.table_bytes()
            await asyncio.sleep(MEASURE_SECONDS)

    @property
    def shards_lost_at(self) -> float | None:
        """Since when this daemon holds no shard, on the clock that never goes back."""
        return self.holder.lost_at

    def figures(self) -> ScaleFigures:
        """For metrics."""
        return ScaleFigures(
            shards_held=len(self.holder.held),
            shards=self.holder.shards,
            nodes=self.holder.nodes,
            shard_changes=self.holder.handovers,
            engine_seconds=self.holder.lag_seconds,
            engine_bytes=self.engine_bytes,
            marks_sent=self.sender.sent,
            notifications=self.listener.heard,
            listening=self.listener.connected,
            clock_ahead=self.clock_ahead(),
        )

    async def end(self) -> None:
        """Give all shards to the others."""
        await self.keep_no_more()
        with suppress(StoreError):
            await self.holder.leave()

    async def keep_no_more(self) -> None:
        """No heartbeat from now on."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    def heard(self, room: str, conference_sid: str) -> None:
        """A webhook of another daemon's room named its conference."""
        self._heard[room] = conference_sid

    def leg_event(self, room: str, event: LegEvent) -> None:
        """A webhook of another daemon's room told of a leg; a mark of it follows."""
        self._leg_events.setdefault(room, []).append(event)

    def reported_call(self, room: str, report: ReportedCall) -> None:
        """A call into another daemon's room was reported; a mark of it follows."""
        self._reports.setdefault(room, []).append(report)

    def mark(self, room: str, lane: Priority, cause: str) -> None:
        """Have the daemon that holds the room mark it."""
        from reconciler.scale.room_marks import RoomMark  # noqa: PLC0415 - an extra

        sid = self._heard.pop(room, "")
        events = tuple(self._leg_events.pop(room, ()))
        reports = tuple(self._reports.pop(room, ()))
        self.sender.send(RoomMark(room, lane, cause, sid, events, reports))


@asynccontextmanager
async def open_scale_out(
    of: Settings, controller: AccountControllers, clock_ahead: Clock
) -> AsyncIterator[ScaleOut]:
    """Build it, for *controller*, which from then on works on its shards alone.

    *clock_ahead* says how many seconds the clock of here is ahead of the database's.

    SettingError if the engine's tables are missing or of another version, if the
    server is reached through a pooler, or if daemons that run count other shards.
    """
    conninfo = scale_conninfo(of)
    from reconciler.scale.engine_schema import require_installed  # noqa: PLC0415 - an extra
    from reconciler.scale.room_marks import MarkListener, MarkSender  # noqa: PLC0415 - an extra
    from reconciler.scale.shard_engine import open_engine  # noqa: PLC0415 - an extra
    from reconciler.scale.shard_holder import ShardHolder  # noqa: PLC0415 - an extra

    await require_one_database(of)
    await require_installed(conninfo)
    async with open_engine(conninfo) as engine:
        _require_same_shards(await engine.nodes(), of.shards)

        def reshare() -> None:
            for each in controller.all:
                each.limiter.portion = len(holder.held) / of.shards
            controller.reshare()

        holder = ShardHolder(engine, of.shards, _about(of), time.monotonic, reshare)
        for each in controller.all:
            each.limiter.portion = 0.0
            each.share.owns = holder.owns
        listener = MarkListener(
            conninfo,
            mark=lambda mark: _take(controller, mark),
            decided=controller.ask,
            gap=lambda: controller.mark_all(Priority.RETRY),
        )
        sender = MarkSender(conninfo)
        scale_out = ScaleOut(engine, holder, sender, listener, clock_ahead)
        try:
            yield scale_out
        finally:
            await scale_out.keep_no_more()


def _take(controller: AccountControllers, mark: Any) -> None:
    """Mark a room of ours that another process was told about."""
    for event in mark.events:
        controller.leg_event(mark.room, event)
    for report in mark.reports:
        controller.reported_call(mark.room, report)
    if controller.mark(mark.room, mark.lane, mark.cause):
        controller.heard(mark.room, mark.conference_sid)


def _about(of: Settings) -> Mapping[str, Any]:
    """What this daemon tells the others of itself."""
    return {
        "name": f"{socket.gethostname()}:{os.getpid()}",
        "version": __version__,
        "schema": HEAD,
        "shards": of.shards,
        "started_at": now(),
    }


def _require_same_shards(nodes: "tuple[Node, ...]", shards: int) -> None:
    for node in nodes:
        theirs = node.about.get("shards", shards)
        if node.live and theirs != shards:
            raise SettingError(
                f"RECONCILER_SHARDS is {shards}, and {node.about.get('name')} runs with "
                f"{theirs}: all daemons of a database need the same number."
            )


class NodeRow(Struct, frozen=True):
    """A daemon as it says of itself, with what it holds."""

    name: str
    version: str
    schema: str
    started_at: float | None
    live: bool
    silent_seconds: float
    shards: tuple[int, ...]
    rooms: int


class NodeReport(Struct, frozen=True):
    """All daemons; ``free`` shards are held by none that runs."""

    nodes: tuple[NodeRow, ...]
    shards: int
    free: int
    schema: str
    engine_bytes: int
    warnings: tuple[str, ...]


async def node_report(of: Settings) -> NodeReport:
    """The daemons of the database, and what a person should look at."""
    conninfo = scale_conninfo(of)
    from reconciler.scale.engine_schema import require_installed  # noqa: PLC0415 - an extra
    from reconciler.scale.shard_engine import open_engine  # noqa: PLC0415 - an extra
    from reconciler.scale.shards import shard_of  # noqa: PLC0415 - an extra

    await require_one_database(of)
    await require_installed(conninfo)
    async with await open_reader(of.database_url) as store:
        rooms = await store.rooms()
    async with open_engine(conninfo) as engine:
        nodes, size = await engine.nodes(), await engine.table_bytes()
    shards = next((x.about["shards"] for x in nodes if "shards" in x.about), of.shards)
    counts = Counter(shard_of(room, shards) for room in rooms)
    rows = tuple(_row(node, counts) for node in nodes)
    held = {shard for row in rows if row.live for shard in row.shards}
    return NodeReport(rows, shards, shards - len(held), HEAD, size, _warnings(rows))


def _row(node: "Node", counts: Mapping[int, int]) -> NodeRow:
    about = node.about
    return NodeRow(
        str(about.get("name", f"worker {node.worker}")),
        str(about.get("version", "unknown")),
        str(about.get("schema", "unknown")),
        about.get("started_at"),
        node.live,
        node.silent_seconds,
        node.shards,
        sum(counts[shard] for shard in node.shards),
    )


def _warnings(rows: tuple[NodeRow, ...]) -> tuple[str, ...]:
    others = [row for row in rows if row.live and row.schema != HEAD]
    return tuple(
        f"{row.name} runs version {row.version} for schema {row.schema}; this one is "
        f"for schema {HEAD}. Restart it after the upgrade."
        for row in others
    )
