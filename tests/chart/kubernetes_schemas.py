"""Kubernetes' OpenAPI and the operator's CRDs as JSON Schemas for kubeconform."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml

KUBERNETES = "k8s.io/kubernetes@v1.33.1"
OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.83.0"
_DEFINITIONS = "#/definitions/"


def write_schemas(folder: Path) -> None:
    """Write a strict schema a kind; ``kind-group-version.json`` as kubeconform asks."""
    folder.mkdir(parents=True, exist_ok=True)
    swagger = json.loads(_read(KUBERNETES, "api/openapi-spec/swagger.json"))
    definitions = {x: _strict(y) for x, y in swagger["definitions"].items()}
    (folder / "definitions.json").write_text(json.dumps({"definitions": definitions}))
    for name, each in definitions.items():
        for kind in each.get("x-kubernetes-group-version-kind", ()):
            reference = {"$ref": f"definitions.json{_DEFINITIONS}{name}"}
            group = kind["group"].partition(".")[0]
            _write(folder, kind["kind"], group, kind["version"], reference)
    for kind, plural in (
        ("ServiceMonitor", "servicemonitors"),
        ("PrometheusRule", "prometheusrules"),
    ):
        path = f"example/prometheus-operator-crd/monitoring.coreos.com_{plural}.yaml"
        crd = yaml.safe_load(_read(OPERATOR, path))
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        _write(folder, kind, "monitoring", "v1", _strict(schema))


def _write(folder: Path, kind: str, group: str, version: str, schema: Any) -> None:
    parts = [kind.lower(), group, version] if group else [kind.lower(), version]
    (folder / f"{'-'.join(parts)}.json").write_text(json.dumps(schema))


def _read(module: str, path: str) -> bytes:
    done = subprocess.run(
        ["go", "mod", "download", "-json", module],
        check=True,
        capture_output=True,
        text=True,
    )
    with ZipFile(json.loads(done.stdout)["Zip"]) as archive:
        return archive.read(f"{module}/{path}")


def _strict(schema: Any) -> Any:
    """*schema* that takes no property but those it names, and no null."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = dict(_parts(schema))
    if "properties" in found and "additionalProperties" not in found:
        found["additionalProperties"] = False
    if found.get("format") == "int-or-string" or found.pop(
        "x-kubernetes-int-or-string", False
    ):
        found = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    return found


def _parts(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in schema.items():
        if name == "properties":
            yield name, {key: _strict(each) for key, each in value.items()}
        else:
            yield name, _strict(value)
