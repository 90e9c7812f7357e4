"""Builds of the product that are measured: this one, and an older commit of it.

An older one is taken from git into a folder of its own, with an environment of its
own, and stays there for the next run.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]
_FOLDER = _HERE / "build" / "against"


@dataclass(frozen=True, slots=True)
class Build:
    """A tree of the product's sources, and the Python that runs it."""

    name: str
    tree: Path
    python: str

    def command(self, *args: str) -> list[str]:
        """The command line of the product, of this build."""
        return [self.python, "-m", "reconciler", *args]

    def environment(self) -> dict[str, str]:
        """What has its modules imported wherever a process begins."""
        return {"PYTHONPATH": str(self.tree)}


@lru_cache
def this_build() -> Build:
    """What is measured."""
    return Build("this", _HERE, sys.executable)


def older_build(commit: str) -> Build:
    """The build of *commit*, made unless it is there; RuntimeError if it cannot be."""
    sha = _output("git", "rev-parse", "--verify", f"{commit}^{{commit}}").strip()
    tree = _FOLDER / sha[:12]
    made = tree / ".made"
    if not made.exists():
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        archive = tree / "sources.tar"
        _output("git", "archive", "--output", str(archive), sha)
        _output("tar", "--extract", "--file", str(archive), "--directory", str(tree))
        _output("make", "--directory", str(tree), "setup", f"PYTHON={sys.executable}")
        made.touch()
    return Build(sha[:7], tree, str(tree / ".venv" / "bin" / "python"))


def _output(*argv: str) -> str:
    ran = subprocess.run(argv, cwd=_HERE, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(argv[:2])}: {ran.stderr.strip()[-400:]}")
    return ran.stdout
