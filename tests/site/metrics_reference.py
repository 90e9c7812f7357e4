"""Generates ``docs/metrics.md`` from the metrics.

``python -m tests.site.metrics_reference`` prints it.
"""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from reconciler.telemetry.account_metrics import AccountCollector
from reconciler.telemetry.instruments import make_instruments
from reconciler.telemetry.scale_metrics import ScaleCollector, ScaleFigures

_PAGE = """\
# Metrics

The daemon serves these at `/metrics` of its admin address
([configuration.md](configuration.md)), in the text format of Prometheus. No label
holds a person, a number or a SID. Beside them are the metrics of the process itself
(`process_…`). A look (in names of metrics) is one observation of a room. Alerts and a dashboard that use them: [deploy/README.md](../deploy/README.md).

| metric | type | labels | meaning |
|---|---|---|---|
"""


def metrics_page() -> str:
    """All metrics, as Markdown."""
    return _PAGE + "\n".join(_rows()) + "\n"


def metric_names() -> frozenset[str]:
    """The names of all metrics, counters without ``_total``."""
    return frozenset(each.name for each, _ in _metrics())


def _rows() -> Iterator[str]:
    for metric, labels in sorted(_metrics(), key=lambda each: each[0].name):
        ending = {"counter": "_total", "info": "_info"}.get(metric.type, "")
        kind = "gauge" if metric.type == "info" else metric.type
        named = ", ".join(f"`{each}`" for each in labels)
        yield f"| `{metric.name}{ending}` | {kind} | {named} | {metric.documentation} |"


def _metrics() -> Iterator[tuple[Metric, tuple[str, ...]]]:
    instruments = make_instruments()
    for name in instruments.__struct_fields__:
        made = getattr(instruments, name)
        if hasattr(made, "describe"):
            yield from (
                (each, _labels(made) or _labels(each)) for each in made.describe()
            )
    nothing = ScaleFigures(0, 0, 0, 0, 0.0, 0, 0, 0, listening=False, clock_ahead=0.0)
    yield from ((each, ()) for each in ScaleCollector(lambda: nothing).collect())
    yield from ((x, ("account",)) for x in AccountCollector(tuple).collect())


def _labels(of: object) -> tuple[str, ...]:
    """The names of labels, which the library tells of values alone."""
    return tuple(getattr(of, "_labelnames", ()))


if __name__ == "__main__":
    print(metrics_page(), end="")  # noqa: T201 - its whole purpose
