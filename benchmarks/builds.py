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

from benchmarks.children import end_processes

_HERE = Path(__file__).resolve().parents[1]
_FOLDER = _HERE / "build" / "against"


class BuildError(Exception):
    """An older build cannot be made."""


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
    """The build of *commit*, made unless it is there; BuildError if it cannot be."""
    sha = _sha(commit)
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


def _sha(commit: str) -> str:
    try:
        found = _output("git", "rev-parse", "--verify", f"{commit}^{{commit}}")
    except BuildError as error:
        known = "not a commit of this repository; 'git log --oneline' lists them"
        raise BuildError(f"{known} ({error})") from error
    return found.strip()


def _output(*argv: str) -> str:
    """What it prints. Whatever it started ends with an interrupt."""
    pipe = subprocess.PIPE
    try:
        ran = subprocess.Popen(argv, cwd=_HERE, stdout=pipe, stderr=pipe, text=True)
    except OSError as error:
        raise BuildError(f"{argv[0]}: {error.strerror}") from error
    with ran:
        try:
            output, errors = ran.communicate()
        except BaseException:
            end_processes()
            raise
    if ran.returncode:
        raise BuildError(f"{' '.join(argv[:2])}: {errors.strip()[-400:]}")
    return output
