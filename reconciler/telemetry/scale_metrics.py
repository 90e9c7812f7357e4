"""Metrics of a daemon that shares the rooms with others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class ScaleFigures(Struct, frozen=True):
    """What a daemon knows of shards and of marks between daemons.

    ``engine_seconds`` is how long the shard engine took for the last heartbeat or
    look, ``engine_bytes`` the size of its tables. ``clock_ahead`` is in seconds.
    """

    shards_held: int
    shards: int
    nodes: int
    shard_changes: int
    engine_seconds: float
    engine_bytes: int
    marks_sent: int
    notifications: int
    listening: bool
    clock_ahead: float


@dataclass(frozen=True, slots=True)
class ScaleCollector(Collector):
    """Asked at each exposition."""

    figures: Callable[[], ScaleFigures]

    def collect(self) -> Iterator[Metric]:
        """Each figure as a metric."""
        of = self.figures()
        for name, about, gauge in (
            ("shards_held", "Shards that this daemon holds.", of.shards_held),
            ("shards", "Shards of the database.", of.shards),
            ("nodes", "Daemons that share the rooms.", of.nodes),
            ("shard_engine_seconds", "Duration of the last tick of the shard engine.", of.engine_seconds),
            ("shard_engine_bytes", "Size of the shard engine's tables.", of.engine_bytes),
            ("clock_ahead_seconds", "By how much the clock of this machine is ahead of the database server's.", of.clock_ahead),
            ("notify_listening", "1 while `NOTIFY` of other processes is received.", of.listening),
        ):  # fmt: skip
            yield GaugeMetricFamily(f"reconciler_{name}", about, value=gauge)
        for name, about, count in (
            ("shard_changes", "Shards that this daemon took or gave back.", of.shard_changes),
            ("marks_sent", "Marks sent to the daemons that hold the rooms.", of.marks_sent),
            ("notifications_heard", "Messages by `NOTIFY` of other processes.", of.notifications),
        ):  # fmt: skip
            yield CounterMetricFamily(f"reconciler_{name}", about, value=count)
