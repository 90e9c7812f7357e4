"""A profile: which functions and packages take what part of CPU time or memory."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = "reconciler"
AREAS, SPOTS = 6, 6
_HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Spot:
    """A function: its own part, and that with what it calls; where it belongs."""

    where: str
    area: str
    own: float
    whole: float

    @property
    def ours(self) -> bool:
        return self.area.startswith(OURS)


@dataclass(frozen=True, slots=True)
class Profile:
    """``total`` is in seconds of CPU time, or in bytes of memory."""

    total: float
    spots: tuple[Spot, ...]

    def areas(self) -> list[tuple[str, float]]:
        """The own parts of packages, the largest first."""
        found: defaultdict[str, float] = defaultdict(float)
        for spot in self.spots:
            found[spot.area] += spot.own
        return sorted(found.items(), key=lambda each: -each[1])

    def by_own(self) -> list[Spot]:
        return sorted(self.spots, key=lambda spot: -spot.own)

    def by_whole(self) -> list[Spot]:
        """Functions of ours by what they take with all that they call."""
        ours = [spot for spot in self.spots if spot.ours]
        return sorted(ours, key=lambda spot: -spot.whole)


def read_profile(path: Path) -> Profile:
    """What ``Sampler.write`` wrote."""
    found = json.loads(path.read_text("utf-8"))
    return Profile(found["total"], tuple(_spot(*x) for x in found["functions"]))


def brief(profile: Profile) -> Iterator[str]:
    """The profile in three lines."""
    areas = profile.areas()[:AREAS]
    yield "packages: " + ", ".join(f"{name} {share:.0%}" for name, share in areas)
    spots = profile.by_own()[:SPOTS]
    yield "functions: " + ", ".join(f"{x.where} {x.own:.1%}" for x in spots)
    spots = _distinct(profile)[:SPOTS]
    yield "with calls: " + ", ".join(f"{x.where} {x.whole:.0%}" for x in spots)


def _distinct(profile: Profile) -> list[Spot]:
    """Functions of ours by their whole part, without mere wrappers of the one before."""
    found: list[Spot] = []
    for spot in profile.by_whole():
        if not found or spot.whole < 0.9 * found[-1].whole:
            found.append(spot)
    return found


def _spot(file: str, line: int, name: str, own: float, whole: float) -> Spot:
    path = Path(file)
    if path.is_relative_to(_HERE / OURS):
        inside = path.relative_to(_HERE)
        return Spot(f"{inside}:{line} {name}", "/".join(inside.parts[:2]), own, whole)
    parts = path.parts
    if "site-packages" in parts:
        inside = Path(*parts[parts.index("site-packages") + 1 :])
        return Spot(f"{inside}:{line} {name}", Path(inside.parts[0]).stem, own, whole)
    return Spot(f"{'/'.join(parts[-2:])}:{line} {name}", _of_python(path), own, whole)


def _of_python(path: Path) -> str:
    """The package of the standard library; methods of dataclasses have no file."""
    if path.parts[0].startswith("<frozen importlib"):
        return "imports"
    if path.parts[0] == "<string>":
        return "dataclasses"
    if path.parent.name == "asyncio":
        return "event loop, sockets and TLS"
    package = path.parent.name
    return path.stem if not package or package.startswith("python") else package
