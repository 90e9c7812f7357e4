"""``python -m benchmarks [NAME…]``: measure, print the table, write the figures."""

import argparse
import os
import platform
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.builds import BuildError, older_build
from benchmarks.children import end_processes
from benchmarks.cores import cores, pin
from benchmarks.harness import ROUNDS, Bench, note
from benchmarks.part import Part, measure, side_by_side
from benchmarks.profile import brief
from benchmarks.profiles import profiled
from benchmarks.rows import (
    checks,
    commands,
    convergence,
    databases,
    files,
    idle,
    looks,
    page,
    scale,
    simulation,
    start,
    startup,
    webhooks,
    writes,
)
from benchmarks.table import Row, markdown, read_json, render, write_json
from reconciler import __version__

FAMILIES: Mapping[str, tuple[Part, ...]] = {
    "checks": checks.PARTS,
    "start": start.PARTS,
    "looks": looks.PARTS,
    "commands": commands.PARTS,
    "convergence": convergence.PARTS,
    "writes": writes.PARTS,
    "idle": idle.PARTS,
    "webhooks": webhooks.PARTS,
    "databases": databases.PARTS,
    "files": files.PARTS,
    "startup": startup.PARTS,
    "simulation": simulation.PARTS,
    "page": page.PARTS,
    "scale": scale.PARTS,
}
"""In the order of the table."""

UNASKED = frozenset({"scale"})
"""Families that take so long that they are measured only when they are named."""

INTERRUPTED = 130
_PARTS = (
    "httpx",
    "msgspec",
    "pydantic",
    "SQLAlchemy",
    "twilio",
    "PyYAML",
)


def main() -> int:
    """Measure what is named, by default everything; 1 if something could not be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FAMILIES))
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--markdown", action="store_true", help="as documentation")
    parser.add_argument(
        "--of", type=Path, metavar="JSON", help="the table of an earlier run"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rooms: for a look")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--rooms", type=int, help="of the family scale: 100,000 by default"
    )
    parser.add_argument(
        "--against", metavar="COMMIT", help="an older commit, measured beside"
    )
    given = parser.parse_args()
    unknown = set(given.names) - FAMILIES.keys()
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(FAMILIES)}")
    if given.rounds < 1:
        parser.error(f"--rounds {given.rounds}: at least 1")
    if given.rooms is not None and given.rooms < 1:
        parser.error(f"--rooms {given.rooms}: at least 1")
    if given.of is not None:
        _print(_earlier(parser, given.of), given)
        return 0
    _require_writable(parser, given.json)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    try:
        return _run(given)
    except BuildError as error:
        parser.error(f"--against {given.against}: {error}")
    except KeyboardInterrupt:
        note("interrupted")
        return INTERRUPTED
    finally:
        end_processes()


def _earlier(parser: argparse.ArgumentParser, path: Path) -> list[Row]:
    try:
        return read_json(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"--of {path}: not the figures of a run: {error}")


def _require_writable(parser: argparse.ArgumentParser, path: Path) -> None:
    """Nothing is measured whose figures cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        parser.error(f"--json {path}: cannot be written: {error.strerror}")


def _run(given: argparse.Namespace) -> int:
    against = older_build(given.against) if given.against else None
    names = [x for x in FAMILIES if x in (given.names or FAMILIES.keys() - UNASKED)]
    parts = [part for name in names for part in FAMILIES[name]]
    on = cores()
    pin(on.client)
    if not on.apart:
        note("one core: server and clients share it")
    watch = Watch()
    with TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(on, Path(folder), given.rounds, given.quick, against, given.rooms)
        note("worlds: files and databases")
        bench.prepare(world for part in parts for world in part.worlds(bench))
        watch.lap("worlds")
        done = measure(parts, bench)
        rows = [row for part in parts for row in done.rows[part.name]]
        watch.lap("rows")
        profiles = profiles_of(rows, bench)
        watch.lap("profiles")
    about = {
        "python": platform.python_version(),
        "cores_apart": on.apart,
        "load": os.getloadavg(),
        "seconds": watch.total,
        "seconds_by_phase": watch.laps,
        "seconds_by_part": done.seconds,
        "against": against.name if against else None,
        "rounds": given.rounds,
        "quick": given.quick,
        "versions": {"reconciler": __version__} | {p: version(p) for p in _PARTS},
    }
    write_json(given.json, rows, about, profiles)
    _print(rows, given)
    sys.stdout.write("".join(_explained(profiles)))
    note(_durations(watch, done.seconds))
    note(f"figures in {given.json}")
    return int(any(row.failed for row in rows))


def _print(rows: Iterable[Row], given: argparse.Namespace) -> None:
    sys.stdout.write((markdown if given.markdown else render)(rows) + "\n")


@dataclass(slots=True)
class Watch:
    """Seconds of each phase."""

    laps: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)

    @property
    def total(self) -> float:
        """All phases so far."""
        return round(sum(self.laps.values()), 1)

    def lap(self, name: str) -> None:
        """A phase is over."""
        now = time.perf_counter()
        self.laps[name] = round(now - self._began, 1)
        self._began = now


def profiles_of(rows: Iterable[Row], bench: Bench) -> dict[str, list[str]]:
    """In a few lines where the time of each short row goes, by the profile's name."""
    short = (x.profile for x in rows if x.profile and not x.ok)
    found: dict[str, list[str]] = {name: [] for name in short}

    def make(mine: Bench, name: str) -> None:
        found[name] = _profile(mine, name)

    tasks = [partial(make, name=name) for name in found]
    side_by_side(replace(bench, quick=True), tasks, threading.Event())
    return found


def _profile(bench: Bench, name: str) -> list[str]:
    """One that breaks off does not end the others."""
    try:
        return list(brief(profiled(bench, name)))
    except Exception as error:  # noqa: BLE001 - the others are still to be made
        traceback.print_exc()
        return [f"could not be made: {type(error).__name__}: {error}"[:200]]


def _explained(profiles: Mapping[str, list[str]]) -> Iterator[str]:
    for name, lines in profiles.items():
        yield f"\nprofile of short rows: {name} (whole: make profile WHAT={name})\n"
        yield "".join(f"    {line}\n" for line in lines)


def _durations(watch: Watch, seconds: Mapping[str, float]) -> str:
    """How long the run took, and each phase and part of it."""
    phases = ", ".join(f"{name} {x:.0f} s" for name, x in watch.laps.items())
    parts = ", ".join(f"{name} {x:.0f} s" for name, x in seconds.items())
    return f"{watch.total:.0f} s: {phases}\nparts, of which some ran at once: {parts}"


if __name__ == "__main__":
    sys.exit(main())
