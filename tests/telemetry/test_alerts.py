"""Alert rules, played by promtool: each fires when it should, and only then."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from reconciler.engine.loop.observer import RunOutcome
from reconciler.telemetry.health import StallThresholds, Vitals
from reconciler.telemetry.metrics import Metrics
from tests.telemetry.promtool import promtool

RULES: Final = Path(__file__).parents[2] / "deploy" / "prometheus-rules.yaml"

Series = dict[str, str]
"""Samples by series, a minute apart, in promtool's notation."""


@dataclass(frozen=True, slots=True)
class Case:
    """A rule with what makes it fire ``at`` minutes, and what does not.

    ``labels`` are those of the alert that come from the series.
    """

    fires: tuple[Series, ...]
    silent: tuple[Series, ...]
    at: int = 30
    labels: tuple[tuple[str, str], ...] = ()


def _gauge(name: str, fires: int, silent: int, **labels: str) -> Case:
    """A gauge that is *fires* for half an hour, or for its last minute, or never."""
    matchers = ",".join(f'{key}="{value}"' for key, value in labels.items())
    series = f"{name}{{{matchers}}}" if matchers else name
    return Case(
        fires=({series: f"{fires}x60"},),
        silent=(
            {series: f"{silent}x60"},
            {series: f"{silent}x29 {fires}x0"},
            {series: f"{fires}x10 {silent}x50"},
        ),
        labels=tuple(labels.items()),
    )


_SHARDS = 'reconciler_shards{instance="a"}'
_HELD = 'reconciler_shards_held{instance="a"}'
_HELD_TOO = 'reconciler_shards_held{instance="b"}'
_UNKNOWN = 'reconciler_attempts_total{outcome="unknown"}'
_FORGED = 'reconciler_webhooks_total{event="unread",result="forged"}'
_MALFORMED = 'reconciler_webhooks_total{event="unread",result="malformed"}'
_SLOW = 'reconciler_webhooks_total{event="unread",result="slow"}'
_FAILED = 'reconciler_troubles_total{result="failed"}'
_GIVEN_UP = 'reconciler_notifications_total{target="ops",result="failed"}'
_OVERHEARD = 'reconciler_overheard_seconds_total{room="line",cause="refused"}'
_OK = 'reconciler_twilio_requests_total{operation="list",code="200"}'
_BROKEN = 'reconciler_twilio_requests_total{operation="list",code="503"}'
_SILENT = 'reconciler_twilio_requests_total{operation="list",code="0"}'
_LAG = "reconciler_webhook_lag_seconds_bucket"

CASES: Final[dict[str, Case]] = {
    "ReconcilerStuck": _gauge("reconciler_alive", 0, 1),
    "ReconcilerNotReady": _gauge("reconciler_ready", 0, 1),
    "ReconcilerNothingHeard": Case(
        fires=({}, {"reconciler_build_info": "1x10"}),
        silent=({"reconciler_build_info": "1x60"},),
    ),
    "ReconcilerNotConverging": _gauge("reconciler_drift_oldest_seconds", 301, 300),
    "ReconcilerLooksOld": _gauge("reconciler_observation_age_seconds", 601, 600),
    "ReconcilerShardsNotHeld": Case(
        fires=(
            {_HELD: "64x60", _SHARDS: "256x60"},
            {_HELD: "0x60", _SHARDS: "256x60", _HELD_TOO: "255x60"},
        ),
        silent=(
            {_HELD: "64x60", _HELD_TOO: "192x60", _SHARDS: "256x60"},
            {_HELD: "256x29 64x0 256x30", _SHARDS: "256x60"},
            {},
        ),
    ),
    "ReconcilerNotificationsNotHeard": _gauge("reconciler_notify_listening", 0, 1),
    "ReconcilerClockWrong": _gauge("reconciler_clock_ahead_seconds", 3, 1),
    "ReconcilerRoomUnknown": _gauge("reconciler_rooms", 1, 0, state="unknown"),
    "ReconcilerRingUnknown": Case(
        fires=({_UNKNOWN: "0x20 1x40"}, {_UNKNOWN: "_x20 1x40"}, {_UNKNOWN: "3x20 4x40"}),
        silent=({_UNKNOWN: "0x60"}, {_UNKNOWN: "1x60"}, {_UNKNOWN: "0x5 1x55"}),
        labels=(("outcome", "unknown"),),
    ),
    "ReconcilerRoomStalled": _gauge("reconciler_rooms", 1, 0, state="stalled"),
    "ReconcilerActionsWithheld": _gauge("reconciler_withheld_actions", 1, 0),
    "ReconcilerOverheard": Case(
        fires=(
            {_OVERHEARD: "0+6x60"},
            {_OVERHEARD: "_x27 8x40"},
        ),
        silent=(
            {_OVERHEARD: "0x60"},
            {_OVERHEARD: "0x10 8x60"},
            {_OVERHEARD.replace("refused", "until-seen"): "0+6x60"},
        ),
        labels=(("cause", "refused"), ("room", "line")),
    ),
    "ReconcilerFilesRefused": _gauge("reconciler_refused_files", 1, 0),
    "ReconcilerCredentialsRefused": _gauge("reconciler_credentials_refused", 1, 0),
    "ReconcilerTwilioFailing": Case(
        fires=(
            {_OK: "0+10x60", _BROKEN: "0+5x60"},
            {_OK: "0+10x60", _SILENT: "0+5x60"},
            {_BROKEN: "0+1x60"},
        ),
        silent=(
            {_OK: "0+10x60", _BROKEN: "0+1x60"},
            {_OK: "0+10x60"},
            {_OK: "0x60", _BROKEN: "0x60"},
        ),
    ),
    "ReconcilerRateLimited": Case(
        fires=({"reconciler_budget_pauses_total": "0+1x60"},),
        silent=(
            {"reconciler_budget_pauses_total": "0x60"},
            {"reconciler_budget_pauses_total": "0x25 1x35"},
        ),
    ),
    "ReconcilerResyncTooOften": Case(
        fires=({"reconciler_looks_needed": "9x60", "reconciler_looks_possible": "8x60"},),
        silent=(
            {"reconciler_looks_needed": "8x60", "reconciler_looks_possible": "8x60"},
            {"reconciler_looks_needed": "1x25 9x35", "reconciler_looks_possible": "8x60"},
        ),
    ),
    "ReconcilerWebhooksForged": Case(
        fires=({_FORGED: "0x20 1x40"}, {_FORGED: "7x20 8x40"}),
        silent=({_FORGED: "0x60"}, {_FORGED: "5x60"}, {_MALFORMED: "0x20 1x40"}),
    ),
    "ReconcilerWebhooksUnreadable": Case(
        fires=({_MALFORMED: "0x20 9x40"}, {_MALFORMED: "0x20 4x40", _SLOW: "0x20 4x40"}),
        silent=({_MALFORMED: "0x60"}, {_SLOW: "0x20 1x40"}, {_FORGED: "0x20 9x40"}),
    ),
    "ReconcilerRunsFailing": Case(
        fires=({_FAILED: "0x20 1x40"},),
        silent=({_FAILED: "0x60"}, {_FAILED: "2x60"}),
        labels=(("result", "failed"),),
    ),
    "ReconcilerNotificationsFailing": Case(
        fires=({_GIVEN_UP: "0x20 1x40"},),
        silent=({_GIVEN_UP: "0x60"}, {_GIVEN_UP: "2x60"}),
        labels=(("target", "ops"),),
    ),
    "ReconcilerWebhooksLate": Case(
        fires=(
            {
                f'{_LAG}{{le="10"}}': "0+1x60",
                f'{_LAG}{{le="30"}}': "0+9x60",
                f'{_LAG}{{le="+Inf"}}': "0+9x60",
            },
        ),
        silent=(
            {
                f'{_LAG}{{le="10"}}': "0+9x60",
                f'{_LAG}{{le="30"}}': "0+9x60",
                f'{_LAG}{{le="+Inf"}}': "0+9x60",
            },
            {f'{_LAG}{{le="10"}}': "0x60", f'{_LAG}{{le="+Inf"}}': "0x60"},
        ),
    ),
}  # fmt: skip


@cache
def _rules() -> dict[str, dict[str, Any]]:
    made = yaml.safe_load(RULES.read_text("utf-8"))
    return {each["alert"]: each for group in made["groups"] for each in group["rules"]}


def _tests(alert: str, case: Case) -> list[dict[str, Any]]:
    """The rule's case in promtool's form."""
    rule = _rules()[alert]
    fired = {
        "exp_labels": dict(rule["labels"]) | dict(case.labels),
        "exp_annotations": rule["annotations"],
    }
    stories = [(each, [fired]) for each in case.fires]
    stories += [(each, []) for each in case.silent]
    return [
        {
            "name": f"{alert} {json.dumps(series)}",
            "interval": "1m",
            "input_series": [
                {"series": name, "values": values} for name, values in series.items()
            ],
            "alert_rule_test": [
                {"eval_time": f"{case.at}m", "alertname": alert, "exp_alerts": alerts}
            ],
        }
        for series, alerts in stories
    ]


def _write(folder: Path, alert: str, case: Case) -> str:
    """Write a test of the rule, beside that rule alone: each test plays all of a file."""
    groups = [{"name": alert, "rules": [_rules()[alert]]}]
    (folder / f"{alert}-rule.json").write_text(json.dumps({"groups": groups}), "utf-8")
    test = {"rule_files": [f"{alert}-rule.json"], "tests": _tests(alert, case)}
    (folder / f"{alert}.json").write_text(json.dumps(test), "utf-8")
    return f"{alert}.json"


def _play(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    return _promtool(folder, "test", "rules", *files)


def _promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [promtool(), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_alert_has_a_case_that_fires_and_one_that_is_silent() -> None:
    assert set(CASES) == set(_rules())
    assert all(case.fires and case.silent for case in CASES.values())


@pytest.mark.process
def test_the_file_of_rules_is_valid(tmp_path: Path) -> None:
    checked = _promtool(tmp_path, "check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(CASES)} rules found" in checked.stdout + checked.stderr


@pytest.mark.process
def test_every_alert_fires_when_it_should_and_is_silent_when_it_should_not(
    tmp_path: Path,
) -> None:
    files = [_write(tmp_path, alert, case) for alert, case in CASES.items()]
    played = _play(tmp_path, *files)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.process
@pytest.mark.parametrize("alert", ["ReconcilerStuck", "ReconcilerNothingHeard"])
def test_a_case_that_is_wrong_is_found_out(tmp_path: Path, alert: str) -> None:
    case = CASES[alert]
    swapped = Case(case.silent, case.fires, case.at, case.labels)
    assert _play(tmp_path, _write(tmp_path, alert, swapped)).returncode == 1


def _samples(metrics: Metrics) -> str:
    return metrics.exposition()[0].decode()


def test_every_series_that_an_alert_counts_exists_at_zero_from_the_start() -> None:
    metrics = Metrics(
        clock=lambda: 1.0,
        vitals=lambda: Vitals(now=1.0, started_at=0.0),
        limits=StallThresholds(),
        version="1",
    )
    metrics.notifies(["ops"])
    text = _samples(metrics)
    counted = [_UNKNOWN, _FORGED, _MALFORMED, _SLOW, _FAILED]
    given_up = 'reconciler_notifications_total{result="failed",target="ops"} 0.0\n'
    assert given_up in text
    assert [each for each in counted if f"{each} 0.0\n" not in text] == []
    for ending in RunOutcome:
        assert f'reconciler_runs_total{{result="{ending}"}} 0.0\n' in text
