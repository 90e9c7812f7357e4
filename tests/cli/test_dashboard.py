"""The dashboard beside a running daemon: each panel has data."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.cli.conftest import LINE, World
from tests.cli.daemon_process import converged, daemon
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.waiting import until

DASHBOARD = Path(__file__).parents[2] / "deploy/grafana-dashboard.json"
SELECTOR = re.compile(r"\b((?:reconciler|process)_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
OF_SCALE = re.compile(
    r"reconciler_(shard|nodes|marks_sent|notifications_heard|notify_)"
)
SCRAPED = {"job": "reconciler", "instance": "127.0.0.1:9464"}
"""Labels that Prometheus adds."""


def queries() -> Iterator[tuple[str, str]]:
    """The title of each panel with each of its queries."""
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def samples_of(text: str) -> list[Sample]:
    families = text_string_to_metric_families(text)
    return [sample for family in families for sample in family.samples]


def matches(sample: Sample, name: str, matchers: str) -> bool:
    labels: Mapping[str, str] = {**SCRAPED, **sample.labels}
    return sample.name == name and all(
        re.fullmatch(value, labels.get(label, ""))
        if kind == "=~"
        else labels.get(label, "") == value
        for label, kind, value in MATCHER.findall(matchers)
    )


def without_data(samples: list[Sample]) -> list[str]:
    """Titles of panels of which a query selects nothing."""
    return [
        f"{title}: {query}"
        for title, query in queries()
        for name, matchers in SELECTOR.findall(query)
        if not OF_SCALE.match(name)
        and not any(matches(each, name, matchers) for each in samples)
    ]


def counted(samples: list[Sample], name: str) -> float:
    return sum(each.value for each in samples if each.name == name)


MOVED = (
    "reconciler_actions_total",
    "reconciler_attempts_total",
    "reconciler_runs_total",
    "reconciler_run_seconds_count",
    "reconciler_twilio_requests_total",
    "reconciler_twilio_request_seconds_count",
    "reconciler_converge_seconds_count",
    "reconciler_drift_seconds_count",
    "reconciler_webhooks_total",
    "reconciler_webhook_lag_seconds_count",
    "reconciler_exposed_seconds_total",
    "reconciler_rooms",
)
"""What counts as soon as people are called, drift is repaired and webhooks come."""


@pytest.mark.process
def test_every_panel_has_data_of_a_daemon_that_repaired_a_room(world: World) -> None:
    world.write(LINE)
    port = free_port()
    words = ("--public-url", f"http://127.0.0.1:{port}", "--resync", "1s")
    with daemon(world, *words, "--listen", f"127.0.0.1:{port}") as process:
        until(converged(world))
        world.tell("change", who="bob", muted=False)
        until(converged(world))
        url = f"http://{process.admin}/metrics"

        def moved() -> bool:
            samples = samples_of(CLIENT.get(url).text)
            return all(counted(samples, each) > 0 for each in MOVED)

        until(moved)
        samples = samples_of(CLIENT.get(url).text)
        assert process.end() == 0

    assert without_data(samples) == []


def test_a_panel_that_selects_nothing_is_named() -> None:
    samples = samples_of('reconciler_rooms{state="converged"} 1\n')
    lost = without_data(samples)

    assert any(each.startswith("Stalled rooms:") for each in lost)
    assert not any(each.startswith("Rooms by state:") for each in lost)
    assert matches(samples[0], "reconciler_rooms", 'job=~".*reconciler.*"')
    assert not matches(samples[0], "reconciler_rooms", 'state="stalled"')
