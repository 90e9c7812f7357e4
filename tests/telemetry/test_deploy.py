"""What is shipped for operators: it parses, and speaks of metrics that exist."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reconciler.bootstrap.syncing import LAST_ANSWERS_SECONDS
from reconciler.model.duration import parse_duration
from reconciler.model.exit_code import NOT_CONVERGED, WITHHELD
from reconciler.telemetry.health import StallThresholds, Vitals
from reconciler.telemetry.metrics import Metrics
from reconciler.telemetry.scale_metrics import ScaleCollector, ScaleFigures
from tests.systemd_unit import systemd_unit

DEPLOY = Path(__file__).parents[2] / "deploy"
_NAME = re.compile(r"\b(?:reconciler|process)_[a-z_]+\b")
_WORDS = re.compile(r"[a-z_]+(?==~?\")|by \(([^)]*)\)")


def _exported() -> tuple[set[str], set[str]]:
    """Names of all samples and labels, histograms and counters included."""
    metrics = Metrics(
        clock=lambda: 1.0,
        vitals=lambda: Vitals(now=1.0, started_at=0.0),
        limits=StallThresholds(),
        version="1",
    )
    metrics.add(
        ScaleCollector(lambda: ScaleFigures(1, 1, 1, 0, 0.0, 0, 0, 0, True, 0.0))
    )
    names, labels = set[str](), {"le", "job", "instance"}
    families = text_string_to_metric_families(metrics.exposition()[0].decode())
    for family in families:
        names.add(family.name)
        if family.type == "counter":
            names.add(f"{family.name}_total")
        if family.type == "histogram":
            names |= {f"{family.name}_{each}" for each in ("bucket", "sum", "count")}
        names |= {sample.name for sample in family.samples}
    for collector in metrics._of.registry._collector_to_names:
        labels.update(getattr(collector, "_labelnames", ()))
    return names, labels


def _dashboard() -> dict[str, list[dict[str, object]]]:
    made: dict[str, list[dict[str, object]]] = json.loads(
        (DEPLOY / "grafana-dashboard.json").read_text("utf-8")
    )
    return made


def _rules() -> list[dict[str, object]]:
    made = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text("utf-8"))
    return [rule for group in made["groups"] for rule in group["rules"]]


def _queries() -> list[str]:
    panels: list[str] = [
        target["expr"]
        for panel in _dashboard()["panels"]
        for target in panel["targets"]  # type: ignore[attr-defined]
    ]
    return panels + [str(rule["expr"]) for rule in _rules()]


def test_every_metric_and_label_that_is_asked_for_exists() -> None:
    names, labels = _exported()
    for query in _queries():
        asked = set(_NAME.findall(query))
        assert asked, query
        assert asked <= names, query
        for found in _WORDS.finditer(query):
            words = found[1].split(", ") if found[1] else [found[0]]
            assert set(words) <= labels, query


def test_every_metric_of_ours_is_on_the_dashboard_or_in_an_alert() -> None:
    names, _ = _exported()
    asked = {name for query in _queries() for name in _NAME.findall(query)}
    bases = {re.sub(r"_(total|bucket|sum|count|created|info)$", "", n) for n in names}
    shown = {re.sub(r"_(total|bucket|info)$", "", name) for name in asked}
    ours = {each for each in bases if each.startswith("reconciler_")}
    assert ours <= shown


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_it_means_and_what_to_do(
    rule: dict[str, dict[str, str]],
) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"].endswith(".")
    assert len(rule["annotations"]["runbook"]) > 40
    assert str(rule["expr"]).count("(") == str(rule["expr"]).count(")")


def test_panels_have_places_of_their_own_and_queries() -> None:
    panels = _dashboard()["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(set(ids)) == len(ids)
    places = [str(panel["gridPos"]) for panel in panels]
    assert len(set(places)) == len(places)


def test_a_timer_starts_a_sync_with_the_settings_and_limits_of_the_daemon() -> None:
    daemon = systemd_unit("reconciler.service")
    sync = systemd_unit("reconciler-sync.service")
    timer = systemd_unit("reconciler-sync.timer")["Timer"]
    own = {"Type", "ExecStart", "SuccessExitStatus", "TimeoutStartSec", "KillMode"}

    assert sync["Unit"]["Conflicts"] == "reconciler.service"
    assert timer["OnUnitInactiveSec"] == "5min"
    for name, value in sync["Service"].items():
        if name not in own:
            assert daemon["Service"][name] == value, name
    assert {"DynamicUser", "LoadCredential", "StateDirectory"} <= set(sync["Service"])
    words = shlex.split(sync["Service"]["ExecStart"])
    assert words[1:] == ["sync", "--timeout", "4m"]
    seconds = parse_duration(words[-1]) + LAST_ANSWERS_SECONDS
    assert int(sync["Service"]["TimeoutStartSec"]) > seconds
    codes = {int(each) for each in sync["Service"]["SuccessExitStatus"].split()}
    assert codes == {NOT_CONVERGED, WITHHELD}


def test_the_unit_is_notified_watched_and_restarted_only_where_that_helps() -> None:
    service = systemd_unit("reconciler.service")["Service"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 2 * StallThresholds().loop_seconds - 1
    assert int(service["TimeoutStopSec"]) > 10
    assert {"64", "77", "78"} == set(service["RestartPreventExitStatus"].split())
    assert service["DynamicUser"] == "yes"
    assert service["LoadCredential"].startswith("twilio-auth-token:")
    text = (DEPLOY / "reconciler.service").read_text("utf-8")
    assert "TWILIO_AUTH_TOKEN_FILE=%d/twilio-auth-token" in text
    assert not re.search(r"^Environment=TWILIO_AUTH_TOKEN=", text, re.MULTILINE)
