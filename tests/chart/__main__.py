"""Lints and renders the chart, and plays the mistakes of whoever sets its values."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.chart.kubernetes_schemas import write_schemas
from tests.chart.mistakes import MISTAKES, RIGHT

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/chart"
SCHEMAS = ROOT / "build/kubernetes-schemas"
EXAMPLES = ("sqlite", "postgresql")
WATCHED = ("--set", "metrics.rules=true", "--set", "metrics.dashboard=true")
TOOLS = {
    "helm": "helm.sh/helm/v3/cmd/helm@v3.18.4",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.6.7",
}


def main() -> int:
    """Print each check that fails; the exit code."""
    parser = argparse.ArgumentParser(prog="make chart")
    parser.add_argument("--update", action="store_true", help="write the golden files")
    update: bool = parser.parse_args().update
    helm, kubeconform = (_tool(name) for name in TOOLS)
    if not (SCHEMAS / "definitions.json").exists():
        write_schemas(SCHEMAS)
    faults = [
        *_lint(helm),
        *_examples(helm, kubeconform, update=update),
        *_mistakes(helm),
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


def _render(helm: str, *words: str) -> subprocess.CompletedProcess[str]:
    return _helm(helm, "template", "rooms", str(CHART), *words)


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
    with TemporaryDirectory() as folder:
        for number, each in enumerate(MISTAKES):
            words = list(each.words)
            if each.values:
                path = Path(folder, f"{number}.yaml")
                path.write_text(each.values, "utf-8")
                words += ["--values", str(path)]
            done = _render(helm, *_base(each.base), *words)
            lines = done.stderr.splitlines()
            said = " ".join(x for x in lines if "found symbolic link" not in x)
            if not done.returncode:
                yield f"{each.words or each.values!r} is not refused"
            elif each.said not in said:
                yield f"{each.words or each.values!r} does not say {each.said!r}: {said}"
    for right in RIGHT:
        done = _render(helm, *_base("sqlite"), *right)
        if done.returncode:
            yield f"{right} is refused: {done.stderr}"


if __name__ == "__main__":
    sys.exit(main())
