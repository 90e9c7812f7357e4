"""Histogram without locks, for use in one thread."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector


class SingleThreadHistogram(Collector):
    """A histogram of seconds by one label. Counted and read by one thread only."""

    def __init__(
        self, name: str, documentation: str, label: str, bounds: Sequence[float]
    ) -> None:
        self._name, self._documentation, self._label = name, documentation, label
        self._bounds = bounds
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, value: str, seconds: float) -> None:
        """One more, under the label's *value*."""
        counts = self._counts.get(value)
        if counts is None:
            counts = self._counts[value] = [0] * (len(self._bounds) + 1)
            self._sums[value] = 0.0
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[value] += seconds

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Its name, for the registry."""
        yield self._family()

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """All of it, cumulative as Prometheus wants it."""
        family = self._family()
        names = [*map(str, self._bounds), "+Inf"]
        for value, counts in self._counts.items():
            buckets = list(zip(names, accumulate(counts), strict=True))
            family.add_metric([value], buckets, self._sums[value])
        yield family

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(
            self._name, self._documentation, labels=[self._label]
        )
