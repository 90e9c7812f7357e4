"""``python -m benchmarks [NAME…]``: measure, print the table, write the figures."""

import argparse
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.builds import Build, older_build
from benchmarks.cores import cores, pin
from benchmarks.harness import ROUNDS, Bench, note
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
from benchmarks.table import Row, markdown, render, write_json
from reconciler import __version__

FAMILIES: Mapping[str, Callable[[Bench], list[Row]]] = {
    "checks": checks.measure,
    "writes": writes.measure,
    "startup": startup.measure,
    "webhooks": webhooks.measure,
    "convergence": convergence.measure,
    "files": files.measure,
    "page": page.measure,
    "scale": scale.measure,
    "start": start.measure,
    "looks": looks.measure,
    "commands": commands.measure,
    "databases": databases.measure,
    "idle": idle.measure,
    "simulation": simulation.measure,
}
UNASKED = frozenset({"scale"})
"""Families that take so long that they are measured only when they are named."""

_PARTS = (
    "httpx",
    "msgspec",
    "pydantic",
    "SQLAlchemy",
    "twilio",
    "PyYAML",
)


def main() -> None:
    """Measure what is named, by default everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FAMILIES))
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--markdown", action="store_true", help="as documentation")
    parser.add_argument("--quick", action="store_true", help="fewer rooms: for a look")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--against", metavar="COMMIT", help="an older commit, measured beside"
    )
    given = parser.parse_args()
    unknown = set(given.names) - FAMILIES.keys()
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(FAMILIES)}")
    against = older_build(given.against) if given.against else None
    began = time.perf_counter()
    rows, about = measured(
        given.names or sorted(FAMILIES.keys() - UNASKED),
        given.rounds,
        given.quick,
        against,
    )
    profiles = profiles_of(rows)
    about |= {"seconds": round(time.perf_counter() - began, 1), "quick": given.quick}
    write_json(given.json, rows, about, profiles)
    sys.stdout.write((markdown if given.markdown else render)(rows) + "\n")
    sys.stdout.write("".join(_explained(profiles)))
    note(f"{about['seconds']} s {about['seconds_by_name']}; figures in {given.json}")


def measured(
    names: list[str], rounds: int, quick: bool, against: Build | None = None
) -> tuple[list[Row], dict[str, object]]:
    """The rows of the families named, and about the machine."""
    on = cores()
    pin(on.client)
    if not on.apart:
        note("one core: server and clients share it")
    rows: list[Row] = []
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(on, Path(folder), rounds, quick, against)
        for name in names:
            began = time.perf_counter()
            rows += _contained(name, bench)
            seconds[name] = round(time.perf_counter() - began, 1)
    about: dict[str, object] = {
        "python": platform.python_version(),
        "cores_apart": on.apart,
        "seconds_by_name": seconds,
        "versions": {"reconciler": __version__} | {p: version(p) for p in _PARTS},
    }
    return rows, about


def profiles_of(rows: list[Row]) -> dict[str, list[str]]:
    """In a few lines where the time of each short row goes, by the profile's name."""
    named = dict.fromkeys(x.profile for x in rows if x.profile and not x.ok)
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for number, name in enumerate(named):
            place = Path(folder) / str(number)
            place.mkdir()
            found[name] = _profile(Bench(cores(), place), name)
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


def _contained(name: str, bench: Bench) -> list[Row]:
    """The rows of a family; one that breaks off does not end the others."""
    try:
        return FAMILIES[name](bench)
    except Exception as error:  # noqa: BLE001 - the others are still to be measured
        traceback.print_exc()
        said = f"{type(error).__name__}: {error}"[:200]
        return [Row(name, float("inf"), 0.0, "", "could not be measured", note=said)]


if __name__ == "__main__":
    main()
