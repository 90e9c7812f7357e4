"""Whole looks that find nothing to note, and corrections: on both databases."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from statistics import median

from benchmarks.builds import this_build
from benchmarks.harness import Bench, Server, Worker, in_turn, note, ratio
from benchmarks.postgresql import postgresql
from benchmarks.process import cpu_seconds
from benchmarks.rows.checks import FEW, started, started_in, sweep
from benchmarks.seed import touch
from benchmarks.table import Row, beside
from benchmarks.world import Room, World, room

MOST_LOOK_MS, MOST_CORRECTION_MS, MOST_TRANSACTIONS = 1.35 / 3, 11.5 / 4, 2.0
MOST_BETWEEN = 1.1
CORRECTED = 100
"""Rooms in which somebody is unmuted by hand at once."""

NOTICED_SECONDS = 1.1
"""Seconds after which a daemon asks the database again what was written."""

REST_SECONDS = 2.0
"""Seconds after a check in which what it found is corrected, verified, and at rest."""

DRIFTING = "person-001"


@dataclass(frozen=True, slots=True)
class Party:
    """A daemon that watches ``of``, over the files and database in ``home``."""

    bench: Bench
    of: World
    server: Server
    worker: Worker
    url: str
    turns: Iterator[int] = field(default_factory=count)

    def look(self) -> float:
        """CPU milliseconds of a whole look at a room of which a row was written."""
        touch(self.url)
        time.sleep(NOTICED_SECONDS)
        return sweep(self.worker)() / 1000

    def check(self) -> float:
        """CPU microseconds to check a room that is unchanged."""
        return sweep(self.worker)()

    def correction(self) -> float:
        """CPU milliseconds of a correction, with all that comes of it."""
        idle = self._spent(0)
        self.server.control("forget")
        spent = self._spent(CORRECTED) - idle
        updates = [x for x in self.server.writes() if x["kind"] == "update"]
        if len(updates) != CORRECTED:
            raise RuntimeError(f"{len(updates)} updates for {CORRECTED} people")
        return spent / CORRECTED * 1000

    def _spent(self, drifting: int) -> float:
        """CPU seconds of a check of all rooms and of what comes of it."""
        for each in self._next_rooms() if drifting else ():
            fields = {"muted": False}
            self.server.control("change", room=each.name, label=DRIFTING, fields=fields)
        before = cpu_seconds(self.worker.pid)
        self.worker.ask("sweep")
        time.sleep(REST_SECONDS)
        return cpu_seconds(self.worker.pid) - before

    def _next_rooms(self) -> Iterator[Room]:
        """Other rooms each time: who is unmuted again and again is muted less often."""
        first = next(self.turns) * CORRECTED
        for number in range(first, first + CORRECTED):
            yield room(number % self.of.rooms, self.of.people)


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    of = World(200, 5) if bench.quick else FEW
    for build in bench.builds:
        bench.homes(of, build=build)
    with bench.over(), postgresql(bench.folder / "looks") as url:
        parties = _parties(bench, of, url)
        figures = {
            what: in_turn(bench.rounds, {x: getattr(y, what) for x, y in it.items()})
            for what, it in _asked(parties).items()
        }
        transactions = _transactions(parties["this"])
    look, correction = figures["look"], figures["correction"]
    milliseconds = "CPU of a whole look that notes nothing"
    corrected = "CPU of a correction, until the room is at rest again"
    return [
        *beside(bench, milliseconds, look, "ms", MOST_LOOK_MS, 1 / 3, "look"),
        *beside(
            bench,
            corrected,
            correction,
            "ms",
            MOST_CORRECTION_MS,
            1 / 4,
            "correction",
        ),
        Row(
            "write transactions of a correction",
            transactions,
            MOST_TRANSACTIONS,
            "",
            "intent and outcome",
            profile="correction",
        ),
        *(_between(what, each) for what, each in figures.items()),
    ]


def _parties(bench: Bench, of: World, url: str) -> dict[str, Party]:
    """Each build over SQLite, and this one over PostgreSQL, each with its server."""
    found: dict[str, Party] = {}
    for build in bench.builds:
        note(f"looks: {build.name} over SQLite")
        server = bench.server(of, tls=True)
        (home,) = bench.homes(of, build=build)
        worker = started(bench, of, server, build=build)
        place = f"sqlite:///{home / 'reconciler.db'}"
        found[build.name] = Party(bench, of, server, worker, place)
    note("looks: this over PostgreSQL")
    server = bench.server(of, tls=True)
    home = bench.fresh_home("looks-postgresql", of, url)
    worker = started_in(bench, home, of, server, build=this_build())
    found["PostgreSQL"] = Party(bench, of, server, worker, url)
    return found


def _asked(parties: Mapping[str, Party]) -> dict[str, Mapping[str, Party]]:
    """Who is asked for what: checks of older builds are measured elsewhere."""
    newest = {name: parties[name] for name in ("this", "PostgreSQL")}
    return {"check": newest, "look": parties, "correction": parties}


def _transactions(party: Party) -> float:
    """Write transactions for each of some corrections, without those of anything else."""

    def count(drifting: int) -> float:
        before = party.worker.ask("transactions")["written"]
        party._spent(drifting)  # noqa: SLF001 - of this module
        return float(party.worker.ask("transactions")["written"] - before)

    return (count(CORRECTED) - count(0)) / CORRECTED


def _between(what: str, figures: Mapping[str, list[float]]) -> Row:
    names = {"check": "an unchanged check", "look": "a whole look"}
    middle = {name: median(each) for name, each in figures.items()}
    unit = "µs" if what == "check" else "ms"
    return Row(
        f"client CPU of {names.get(what, 'a correction')}, PostgreSQL",
        ratio(figures, "PostgreSQL", "this"),
        MOST_BETWEEN,
        "×",
        "SQLite",
        rounds=figures,
        note=f"{middle['PostgreSQL']:.2f} {unit}, SQLite {middle['this']:.2f} {unit}",
        profile=what,
    )
