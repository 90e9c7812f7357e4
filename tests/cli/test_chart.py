"""What the Helm chart renders, as ``make chart`` keeps it in deploy/chart/golden."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from reconciler import __version__
from reconciler.files import examine
from reconciler.model.errors import Severity
from reconciler.setting_names import setting_names
from tests.chart.generated import SETTINGS, VALUES, settings_text, with_definitions
from tests.cli.conftest import PATIENCE, TOKEN, World
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/chart"
MODES = ("sqlite", "postgresql")


def manifests(mode: str) -> dict[tuple[str, str], Any]:
    text = (CHART / f"golden/{mode}.yaml").read_text("utf-8")
    found = [each for each in yaml.safe_load_all(text) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pod(mode: str) -> dict[str, Any]:
    kind = "StatefulSet" if mode == "sqlite" else "Deployment"
    spec: dict[str, Any] = manifests(mode)[kind, "rooms"]["spec"]["template"]["spec"]
    return spec


def daemon_of(mode: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in pod(mode)["containers"] if each["name"] == "reconciler"
    )
    return found


def test_the_chart_has_the_version_of_the_package() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))

    assert chart["appVersion"] == __version__


@pytest.mark.parametrize("mode", MODES)
def test_every_container_runs_without_rights_it_does_not_need(mode: str) -> None:
    spec = pod(mode)

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False
    for each in (*spec["containers"], *spec.get("initContainers", ())):
        rights = each["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("mode", MODES)
def test_variables_are_settings_texts_and_no_secrets(mode: str) -> None:
    for each in daemon_of(mode)["env"]:
        assert each["name"].removesuffix("_FILE") in setting_names()
        assert isinstance(each["value"], str)
        assert not each["name"].endswith(("_TOKEN", "_SECRET"))


@pytest.mark.parametrize("mode", MODES)
def test_what_is_mounted_is_a_volume_and_paths_of_variables_are_mounted(
    mode: str,
) -> None:
    spec, daemon = pod(mode), daemon_of(mode)
    volumes = {each["name"] for each in spec["volumes"]}
    volumes |= {"data"} if mode == "sqlite" else set()
    mounted = [each["mountPath"] for each in daemon["volumeMounts"]]

    assert {each["name"] for each in daemon["volumeMounts"]} <= volumes
    paths = [x["value"] for x in daemon["env"] if x["value"].startswith("/")]
    assert paths
    assert all(any(each.startswith(x) for x in mounted) for each in paths)


def test_the_roster_in_the_config_map_is_valid_and_keeps_its_numbers(
    tmp_path: Path,
) -> None:
    data = manifests("sqlite")["ConfigMap", "rooms-rosters"]["data"]
    for name, text in data.items():
        (tmp_path / name).write_text(text, "utf-8")

    loading, problems = examine([tmp_path], os.environ)

    assert not [each for each in problems if each.severity is Severity.ERROR]
    (room,) = loading.rosters
    assert [each.to for each in room.members] == [
        "+15550100101",
        "+15550100102",
        "+15550100104",
    ]


def test_rooms_in_values_and_names_of_variables_are_those_of_the_product() -> None:
    values = VALUES.read_text("utf-8")

    assert values == with_definitions(values), "run: make chart UPDATE=--update"
    assert SETTINGS.read_text("utf-8") == settings_text(), (
        "run: make chart UPDATE=--update"
    )
    member = json.loads(values)["definitions"]["member"]
    assert member["properties"]["muted"] == {"type": "boolean"}


def test_rules_and_dashboard_are_those_of_deploy() -> None:
    for name in ("prometheus-rules.yaml", "grafana-dashboard.json"):
        assert (CHART / "files" / name).samefile(ROOT / "deploy" / name)


def test_replicas_share_the_rooms_and_one_at_a_time_is_disrupted() -> None:
    found = manifests("postgresql")

    assert found["Deployment", "rooms"]["spec"]["replicas"] == 3
    assert "--scale" in daemon_of("postgresql")["args"]
    assert found["PodDisruptionBudget", "rooms"]["spec"]["maxUnavailable"] == 1
    assert manifests("sqlite")["StatefulSet", "rooms"]["spec"]["replicas"] == 1


@pytest.mark.process
def test_the_daemon_of_the_manifest_runs_by_its_arguments(world: World) -> None:
    daemon = daemon_of("sqlite")
    data = manifests("sqlite")["ConfigMap", "rooms-rosters"]["data"]
    places = {
        each["mountPath"]: world.folder / each["name"]
        for each in daemon["volumeMounts"]
    }
    for each in places.values():
        each.mkdir()
    for name, text in data.items():
        (world.folder / "rosters" / name).write_text(text, "utf-8")
    (world.folder / "account/auth-token").write_text(TOKEN)
    environ = {each["name"]: each["value"] for each in daemon["env"]}
    mounted = re.compile(
        "|".join(sorted(map(re.escape, places), key=len, reverse=True))
    )
    environ = {
        name: mounted.sub(lambda found: str(places[found[0]]), value)
        for name, value in environ.items()
    }
    admin = free_port()
    environ |= {
        "TWILIO_AUTH_TOKEN": "",
        "RECONCILER_LISTEN": "127.0.0.1:0",
        "RECONCILER_ADMIN_LISTEN": f"127.0.0.1:{admin}",
    }

    process = world.start_fresh(*daemon["args"], **environ)
    try:
        probe = daemon["readinessProbe"]["httpGet"]["path"]
        until(lambda: _ready(process, f"http://127.0.0.1:{admin}{probe}"))
        until(lambda: len(world.people("support-line")) == 3)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)

    assert world.people("support-line")["trainee"]["muted"] is True
    assert process.returncode == 0


def _ready(process: subprocess.Popen[str], url: str) -> bool:
    assert process.poll() is None, process.communicate()[1]
    try:
        return CLIENT.get(url).status_code == 200
    except httpx.TransportError:
        return False
