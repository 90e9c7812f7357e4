"""Whole looks that find nothing to note, and corrections: on both databases."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from statistics import median

from benchmarks.builds import this_build
from benchmarks.harness import (
    DATABASE,
    Bench,
    Server,
    Worker,
    in_turn,
    note,
    ratio,
)
from benchmarks.part import Part, of_builds
from benchmarks.postgresql import postgresql
from benchmarks.process import cpu_seconds
from benchmarks.rows.checks import settled, started_in, sweep
from benchmarks.seed import touch
from benchmarks.table import Row, beside
from benchmarks.world import Room, World, room

MOST_LOOK_MS, MOST_CORRECTION_MS, MOST_TRANSACTIONS = 1.35 / 3, 11.5 / 4, 2.0
MOST_BETWEEN = 1.1
SOME = World(500, 5)
CORRECTED = 100
"""Rooms in which somebody is unmuted by hand at once."""

ALONE, APART_SECONDS = 5, 0.4
"""Corrections that are made one at a time, and seconds between two of them."""

NOTICED_SECONDS = 1.1
"""Seconds after which a daemon asks the database again what was written."""

REST_SECONDS = 2.0
"""Seconds after a check in which what it found is corrected, verified, and at rest."""

DRIFTING = "person-001"


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of a daemon, and its write transactions."""

    cpu: float
    written: int

    def since(self, before: "Spent") -> "Spent":
        """What came since *before*."""
        return Spent(self.cpu - before.cpu, self.written - before.written)


@dataclass(frozen=True, slots=True)
class Party:
    """A daemon that watches ``of``, over the files and database in ``home``."""

    bench: Bench
    of: World
    server: Server
    worker: Worker
    url: str
    newest: bool = True
    """Whether it is of the build that is measured: older ones count no transactions."""

    turns: Iterator[int] = field(default_factory=count)

    def sweep(self) -> float:
        """CPU microseconds to check a room."""
        return sweep(self.worker)()

    def drift(self) -> None:
        """Somebody is unmuted by hand in each of some rooms."""
        self.server.control("forget")
        for each in self._next_rooms():
            fields = {"muted": False}
            self.server.control("change", room=each.name, label=DRIFTING, fields=fields)

    def verify(self) -> None:
        """RuntimeError unless everybody who drifted was corrected, once."""
        updates = [x for x in self.server.writes() if x["kind"] == "update"]
        if len(updates) != CORRECTED:
            raise RuntimeError(f"{len(updates)} updates for {CORRECTED} people")

    def spent(self) -> Spent:
        """CPU seconds and write transactions so far."""
        written = self.worker.ask("transactions")["written"] if self.newest else 0
        return Spent(cpu_seconds(self.worker.pid), written)

    def correct_alone(self) -> float:
        """Write transactions of a person who is muted again, one room after the other.

        Those of as many sweeps in which nothing is to be done are taken off.
        """
        idle = self._written_by_sweeps([])
        rooms = list(islice(self._next_rooms(), ALONE))
        return (self._written_by_sweeps(rooms) - idle) / ALONE

    def _written_by_sweeps(self, drifting: Sequence[Room]) -> int:
        before, fields = self.spent().written, {"muted": False}
        rooms: list[Room | None] = [*drifting] or [None] * ALONE
        for each in rooms:
            if each is not None:
                self.server.control(
                    "change", room=each.name, label=DRIFTING, fields=fields
                )
            self.worker.ask("sweep")
            time.sleep(APART_SECONDS)
        time.sleep(REST_SECONDS)
        return self.spent().written - before

    def _next_rooms(self) -> Iterator[Room]:
        """Other rooms each time: who is unmuted again and again is muted less often."""
        first = next(self.turns) * CORRECTED
        for number in range(first, first + CORRECTED):
            yield room(number % self.of.rooms, self.of.people)


def looks(bench: Bench) -> Iterator[Row]:
    """The rows of whole looks, corrections, and checks with PostgreSQL."""
    of = _world(bench)
    with postgresql(bench.new_folder("looks")) as url:
        parties = _parties(bench, of, url)
        newest = {name: x for name, x in parties.items() if x.newest}
        note("looks: unchanged checks")
        checks = in_turn(bench.rounds, {name: x.sweep for name, x in newest.items()})
        yield _between("check", checks)
        note("looks: whole looks")
        look = _rounds(bench, parties, _looked)
        what = "CPU of a whole look that notes nothing"
        yield from beside(bench, what, look, "ms", MOST_LOOK_MS, 1 / 3, "look")
        yield _between("look", look)
        note("looks: corrections")
        written: list[float] = []
        correction = _rounds(bench, parties, partial(_corrected, written=written))
        yield from _corrections(bench, correction, written)
        note("looks: corrections, one at a time")
        yield _alone(parties["this"])


def _corrections(
    bench: Bench, figures: Mapping[str, list[float]], written: list[float]
) -> Iterator[Row]:
    what = "CPU of a correction, until the room is at rest again"
    most = MOST_CORRECTION_MS
    yield from beside(bench, what, figures, "ms", most, 1 / 4, "correction")
    yield Row(
        "write transactions of a correction, of 100 rooms at once",
        median(written),
        MOST_TRANSACTIONS,
        "",
        "intent and outcome",
        rounds={"this": written},
        profile="correction",
    )
    yield _between("correction", figures)


def _alone(of: Party) -> Row:
    """A room alone shares its transactions with no other."""
    written = of.correct_alone()
    return Row(
        "write transactions of a correction, of a room alone",
        written,
        MOST_TRANSACTIONS,
        "",
        "intent and outcome",
        rounds={"this": [written]},
        profile="correction",
    )


def _rounds(
    bench: Bench,
    parties: Mapping[str, Party],
    ask: Callable[[Mapping[str, Party]], dict[str, float]],
) -> dict[str, list[float]]:
    """As ``in_turn``; what is waited for, all wait for together."""
    rounds = [ask(parties) for _ in range(bench.rounds)]
    return {name: [each[name] for each in rounds] for name in parties}


def _looked(parties: Mapping[str, Party]) -> dict[str, float]:
    """CPU milliseconds of a whole look at a room of which a row was written."""
    for each in parties.values():
        touch(each.url)
    time.sleep(NOTICED_SECONDS)
    return {name: x.sweep() / 1000 for name, x in parties.items()}


def _corrected(parties: Mapping[str, Party], written: list[float]) -> dict[str, float]:
    """CPU milliseconds of a correction, with all that comes of it.

    The same without any is taken off. Transactions of the build that is measured go
    to *written*.
    """
    idle = _spent(parties)
    for each in parties.values():
        each.drift()
    found = _spent(parties)
    for each in parties.values():
        each.verify()
    mine = found["this"].written - idle["this"].written
    written.append(mine / CORRECTED)
    cpu = {name: x.cpu - idle[name].cpu for name, x in found.items()}
    return {name: x / CORRECTED * 1000 for name, x in cpu.items()}


def _spent(parties: Mapping[str, Party]) -> dict[str, Spent]:
    """What each took for a check of all rooms and what came of it."""
    before = {}
    for name, each in parties.items():
        before[name] = each.spent()
        each.worker.ask("sweep")
    time.sleep(REST_SECONDS)
    return {name: x.spent().since(before[name]) for name, x in parties.items()}


def _world(bench: Bench) -> World:
    return World(200, 5) if bench.quick else SOME


PARTS = (Part("looks", looks, lambda b: of_builds(b, _world(b)), seconds=70),)


def _parties(bench: Bench, of: World, url: str) -> dict[str, Party]:
    """Each build over SQLite, and this one over PostgreSQL, each with its server."""
    found: dict[str, Party] = {}
    for build in bench.builds:
        note(f"looks: {build.name} over SQLite")
        server = bench.server(of, tls=True)
        newest = build == this_build()
        home = bench.home(of, build)
        place = bench.database(of) if newest else f"sqlite:///{home / DATABASE}"
        more = ("--database", place) if newest else ()
        worker = started_in(bench, home, of, server, *more, build=build)
        found[build.name] = Party(bench, of, server, worker, place, newest)
    note("looks: this over PostgreSQL")
    server = bench.server(of, tls=True)
    home = bench.fresh_home("looks-postgresql", of, url)
    worker = started_in(bench, home, of, server)
    found["PostgreSQL"] = Party(bench, of, server, worker, url)
    for each in found.values():
        settled(each.worker, of)
    return found


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
