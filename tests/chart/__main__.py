"""Lints and renders the chart, and plays the mistakes of whoever sets its values."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from reconciler.files import examine
from reconciler.model.errors import Severity
from tests.chart.generated import write_generated
from tests.chart.kubernetes_schemas import write_schemas
from tests.chart.mistakes import MISTAKES, RIGHT, Mistake, Right

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/chart"
SCHEMAS = ROOT / "build/kubernetes-schemas"
EXAMPLES = ("sqlite", "postgresql")
WATCHED = ("--set", "metrics.rules=true", "--set", "metrics.dashboard=true")
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
TOOLS = {
    "helm": "helm.sh/helm/v3/cmd/helm@v3.18.4",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.6.7",
}


def main() -> int:
    """Print each check that fails; the exit code."""
    parser = argparse.ArgumentParser(prog="make chart")
    parser.add_argument("--update", action="store_true", help="write what is generated")
    update: bool = parser.parse_args().update
    helm, kubeconform = (_tool(name) for name in TOOLS)
    if not (SCHEMAS / "definitions.json").exists():
        write_schemas(SCHEMAS)
    if update:
        write_generated()
    faults = [
        *_lint(helm),
        *_examples(helm, kubeconform, update=update),
        *_mistakes(helm),
        *_rights(helm, kubeconform),
    ]
    for each in faults:
        sys.stderr.write(f"{each}\n")
    sys.stdout.write(f"chart: {len(MISTAKES)} mistakes played, {len(faults)} faults\n")
    return 1 if faults else 0


def _tool(name: str) -> str:
    """The program, built by Go where it is not installed."""
    found = shutil.which(name)
    if found:
        return found
    folder = ROOT / "build/go"
    if not (folder / name).exists():
        environ = {**os.environ, "GOBIN": str(folder)}
        subprocess.run(["go", "install", TOOLS[name]], check=True, env=environ, cwd="/")
    return str(folder / name)


def _helm(helm: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [helm, *words, "--kube-version", "1.33.0"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _lint(helm: str) -> Iterator[str]:
    for name in EXAMPLES:
        values = CHART / f"examples/{name}.yaml"
        done = _helm(helm, "lint", "--strict", str(CHART), "--values", str(values))
        if done.returncode:
            yield f"helm lint, {name}: {done.stdout}{done.stderr}"


def _render(
    helm: str, *words: str, release: str = "rooms"
) -> subprocess.CompletedProcess[str]:
    return _helm(helm, "template", release, str(CHART), *words)


def _examples(helm: str, kubeconform: str, *, update: bool) -> Iterator[str]:
    for name in EXAMPLES:
        done = _render(helm, *_base(name))
        golden = CHART / f"golden/{name}.yaml"
        if update and not done.returncode:
            golden.write_text(done.stdout, "utf-8")
        if not golden.exists() or golden.read_text("utf-8") != done.stdout:
            yield f"{golden} is not what Helm renders. Run: make chart UPDATE=--update"
        yield from _conforms(kubeconform, name, done)
    watched = _render(helm, *_base("postgresql"), *WATCHED)
    yield from _conforms(kubeconform, "rules and dashboard", watched)
    rules = yaml.safe_load((ROOT / "deploy/prometheus-rules.yaml").read_text("utf-8"))
    found = [x for x in yaml.safe_load_all(watched.stdout) if x]
    if rules not in [x.get("spec") for x in found]:
        yield "the rules of the chart are not those of deploy/prometheus-rules.yaml"


def _conforms(
    kubeconform: str, name: str, rendered: subprocess.CompletedProcess[str]
) -> Iterator[str]:
    if rendered.returncode:
        yield f"helm template, {name}: {rendered.stderr}"
        return
    place = f"{SCHEMAS}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    checked = subprocess.run(
        [kubeconform, "-strict", "-summary", "-schema-location", place],
        input=rendered.stdout,
        capture_output=True,
        text=True,
        check=False,
    )
    if checked.returncode:
        yield f"kubeconform, {name}: {checked.stdout}{checked.stderr}"


def _base(name: str) -> tuple[str, str]:
    return "--values", str(CHART / f"examples/{name}.yaml")


def _mistakes(helm: str) -> Iterator[str]:
    for each in MISTAKES:
        done = _play(helm, each)
        lines = done.stderr.splitlines()
        said = " ".join(x for x in lines if "found symbolic link" not in x)
        if not done.returncode:
            yield f"{each.words or each.values!r} is not refused"
        elif "executing" in said and "error calling fail" not in said:
            yield f"{each.words or each.values!r} is an error of a template: {said}"
        elif each.said not in said:
            yield f"{each.words or each.values!r} does not say {each.said!r}: {said}"


def _rights(helm: str, kubeconform: str) -> Iterator[str]:
    for each in RIGHT:
        done = _play(helm, each)
        name = str(each.words or each.values)
        yield from _conforms(kubeconform, name, done)
        if not done.returncode:
            yield from _roster_faults(name, done.stdout)


def _play(helm: str, each: Mistake | Right) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "values.yaml")
        path.write_text(each.values, "utf-8")
        words = (*each.words, "--values", str(path))
        return _render(helm, *_base(each.base), *words, release=each.release)


def _roster_faults(name: str, rendered: str) -> Iterator[str]:
    """Keys of ConfigMaps that Kubernetes refuses, and rosters that the product does."""
    maps = [x for x in yaml.safe_load_all(rendered) if x and x["kind"] == "ConfigMap"]
    for each in maps:
        data = each["data"]
        if not all(_KEY.fullmatch(key) for key in data):
            yield f"{name}: keys of a ConfigMap are not all valid: {list(data)}"
            continue
        if not each["metadata"]["name"].endswith("-rosters"):
            continue
        with TemporaryDirectory() as folder:
            for key in data:
                Path(folder, key).write_text(data[key], "utf-8")
            _, problems = examine([Path(folder)], {})
        wrong = [str(x) for x in problems if x.severity is Severity.ERROR]
        yield from (f"{name}: {problem}" for problem in wrong)


if __name__ == "__main__":
    sys.exit(main())
