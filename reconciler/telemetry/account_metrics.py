"""Metrics of accounts, by the names that the accounts file gives them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from msgspec import Struct
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class AccountFigures(Struct, frozen=True):
    """An account, now. ``held`` says that it is blocked: nothing is sent to its rooms."""

    name: str
    held: bool
    paused_seconds: float = 0.0
    rooms: int = 0
    calls_in_flight: int = 0
    calls_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class AccountCollector(Collector):
    """Asked at each exposition."""

    figures: Callable[[], Iterable[AccountFigures]]

    def collect(self) -> Iterator[Metric]:
        """Each figure as a metric with the account's name."""
        accounts = tuple(self.figures())
        for name, about, values in (
            ("held", "1 while an account is blocked: nothing is sent to its rooms.", [x.held for x in accounts]),
            ("paused_seconds", "Seconds for which nothing is sent to an account.", [x.paused_seconds for x in accounts]),
            ("rooms", "Rooms of an account that this daemon works on.", [x.rooms for x in accounts]),
            ("calls_in_flight", "Calls that are being placed.", [x.calls_in_flight for x in accounts]),
            ("calls_per_second", "Calls that an account may place a second.", [x.calls_per_second for x in accounts]),
        ):  # fmt: skip
            metric = GaugeMetricFamily(
                f"reconciler_account_{name}", about, labels=["account"]
            )
            for account, value in zip(accounts, values, strict=True):
                metric.add_metric([account.name], float(value))
            yield metric
