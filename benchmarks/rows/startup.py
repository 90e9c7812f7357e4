"""Commands that have nothing to do: what a whole process takes."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from benchmarks.harness import (
    Bench,
    Taken,
    environment,
    note,
    product_command,
    timed,
)
from benchmarks.part import Part
from benchmarks.table import Row
from benchmarks.world import World, document, room

HELP, SYNC = 2.5, 1.15
MORE = 2
"""How many more rounds the short one gets."""

_BARE = "import click"
_PARTS = "import click, sqlalchemy, httpx, asyncio, sqlite3"


def startup(bench: Bench) -> Iterator[Row]:
    """All rows of this family."""
    env = environment(bench.server(World(0, 0)).url)
    yield _help(env, bench.rounds * MORE)
    yield _sync(bench, env)


PARTS = (Part("startup", startup, alone=True),)


def _help(env: Mapping[str, str], rounds: int) -> Row:
    note("startup: --help")
    figures = _taken(
        {
            "product": lambda: timed([product_command(), "--help"], env),
            "peer": lambda: timed([sys.executable, "-c", _BARE], env),
        },
        rounds,
    )
    return _row("reconciler --help, whole process", HELP, _BARE, figures)


def _sync(bench: Bench, env: Mapping[str, str]) -> Row:
    note("startup: a sync that has nothing to do")
    home = bench.new_folder("startup")
    (home / "room.yaml").write_text(document(room(0, 3)), "utf-8")
    argv = [product_command(), "sync", "room.yaml"]
    made = timed(argv, env, home)
    if made.code:
        raise RuntimeError(f"the first sync ended with {made.code}: {made.output}")
    figures = _taken(
        {
            "product": lambda: timed(argv, env, home),
            "peer": lambda: timed([sys.executable, "-c", _PARTS], env),
        },
        bench.rounds,
    )
    return _row(
        "reconciler sync of a converged room, whole process",
        SYNC,
        _PARTS,
        figures,
        "; SQLite through sqlite3",
    )


def _taken(
    parties: Mapping[str, Callable[[], Taken]], rounds: int
) -> dict[str, list[Taken]]:
    for ask in parties.values():
        ask()
    found: dict[str, list[Taken]] = {name: [] for name in parties}
    for _ in range(rounds):
        for name, ask in parties.items():
            taken = ask()
            if taken.code:
                raise RuntimeError(f"{name} ended with {taken.code}: {taken.output}")
            found[name].append(taken)
    return found


def _row(
    what: str,
    limit: float,
    code: str,
    figures: Mapping[str, Sequence[Taken]],
    more: str = "",
) -> Row:
    wall = {name: [each.wall for each in taken] for name, taken in figures.items()}
    cpu = {name: [each.cpu for each in taken] for name, taken in figures.items()}
    ms = {name: median(each) * 1000 for name, each in wall.items()}
    by_cpu = median(cpu["product"]) / median(cpu["peer"])
    return Row(
        what,
        ms["product"] / ms["peer"],
        limit,
        "×",
        f'python -c "{code}"',
        rounds=wall,
        profile="one",
        note=f"{ms['product']:.0f} ms, the peer {ms['peer']:.0f} ms; "
        f"{by_cpu:.2f} × by CPU{more}",
    )
