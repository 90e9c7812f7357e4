"""Drives the simulator with the official SDKs: ``python -m tests.sdks [NAME…]``.

Each tells the same story and must find the same. Needs the network once, for the
SDKs, and Node.js, Go, a JDK and Maven.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reconciler.simulator.background import BackgroundSimulator, background_simulator
from tests.sdks import python_story

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "sdks"
PEOPLE = {"calls_per_second": 50, "switches": {"connecting_seconds": 0}}
EXPECTED: Mapping[str, Any] = {
    "created": "ann",
    "sameRoom": True,
    "listed": ["ann", "bob", "sup"],
    "byLabel": True,
    "muted": True,
    "hold": True,
    "mutedOnly": 3,
    "coaches": True,
    "live": 1,
    "callTo": "+15550100102",
    "callsTo": 1,
    "duplicate": 16026,
    "missing": 20404,
    "removed": True,
    "left": ["ann", "sup"],
    "completed": "completed",
}
Story = Callable[[BackgroundSimulator], Mapping[str, Any]]


def _python(simulator: BackgroundSimulator) -> Mapping[str, Any]:
    return asyncio.run(python_story.blocking(simulator))


def _python_async(simulator: BackgroundSimulator) -> Mapping[str, Any]:
    return asyncio.run(python_story.asynchronous(simulator))


def _node(simulator: BackgroundSimulator) -> Mapping[str, Any]:
    folder = _copied("node")
    _run(folder, "npm", "install", "--no-audit", "--no-fund", "--silent")
    return _story(simulator, folder, "node", "story.mjs")


def _go(simulator: BackgroundSimulator) -> Mapping[str, Any]:
    folder = _copied("go")
    _run(folder, "go", "build", "-o", "story", ".")
    return _story(simulator, folder, "./story")


def _java(simulator: BackgroundSimulator) -> Mapping[str, Any]:
    folder = _copied("java")
    classpath = "dependency:build-classpath"
    _run(folder, "mvn", "-q", "-B", classpath, "-Dmdep.outputFile=classpath.txt")
    jars = (folder / "classpath.txt").read_text("utf-8").strip()
    _run(folder, "javac", "-cp", jars, "-d", "classes", "Story.java")
    return _story(simulator, folder, "java", "-cp", f"{jars}:classes", "Story")


STORIES: Mapping[str, Story] = {
    "python": _python,
    "python-async": _python_async,
    "node": _node,
    "go": _go,
    "java": _java,
}


def _copied(name: str) -> Path:
    """The sources of a story in a folder of their own, with what was built before."""
    return Path(shutil.copytree(HERE / name, BUILD / name, dirs_exist_ok=True))


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True)


def _story(
    simulator: BackgroundSimulator, folder: Path, *command: str
) -> Mapping[str, Any]:
    environment = {**os.environ, **simulator.environment}
    environment["SIMULATOR_URL"] = simulator.url
    for name in ("TWILIO_REGION", "TWILIO_EDGE"):
        environment.pop(name, None)
    done = subprocess.run(
        command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE
    )
    return dict(json.loads(done.stdout))


def _differences(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: expected {expected!r}, found {found.get(name)!r}"
        for name, expected in EXPECTED.items()
        if found.get(name) != expected
    ]


def main(names: list[str]) -> int:
    """Print a line an SDK; 1 if one of them found something else."""
    failed = False
    for name in names or STORIES:
        with background_simulator(PEOPLE) as simulator:
            differences = _differences(STORIES[name](simulator))
        failed |= bool(differences)
        print(f"{name}: {'; '.join(differences) or 'ok'}", flush=True)  # noqa: T201 - a program
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
