"""Parts of a run: rows that are measured together, alone or beside another part.

What the wall clock shows, and costs of microseconds, need both cores: one for the
client and one for the server. CPU time of whole commands and daemons does not: two such
parts run at once, each with its clients on the core of the other's servers.
"""

import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from benchmarks.builds import Build
from benchmarks.children import end_processes
from benchmarks.cores import Cores, pin
from benchmarks.harness import Bench, note
from benchmarks.table import Row
from benchmarks.world import World

Worlds = Callable[[Bench], Iterable[tuple[World, Build]]]


def of_builds(bench: Bench, *worlds: World) -> list[tuple[World, Build]]:
    """Each world for each build."""
    return [(of, build) for of in worlds for build in bench.builds]


def no_worlds(_: Bench) -> Iterable[tuple[World, Build]]:
    """For parts that make what they need."""
    return ()


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that ``measure`` yields; ``worlds`` are made before anything is measured.

    ``seconds`` is about how long it takes: of parts that run side by side the longest
    begins first.
    """

    name: str
    measure: Callable[[Bench], Iterable[Row]]
    worlds: Worlds = no_worlds
    alone: bool = False
    seconds: float = 10.0


@dataclass(slots=True)
class Measured:
    """What parts came to: their rows in the order of the parts, and their seconds."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the run is interrupted: what is measured since then is worth nothing."""

    def add(self, part: Part, bench: Bench) -> None:
        """Measure *part*; one that breaks off keeps the rows that it has."""
        rows = self.rows[part.name] = []
        began = time.perf_counter()
        try:
            with bench.over():
                rows.extend(part.measure(bench))
        except Exception as error:  # noqa: BLE001 - the others are still to be measured
            if self.over.is_set():
                return
            traceback.print_exc()
            rows.append(Row.failure(part.name, error))
        self.seconds[part.name] = round(time.perf_counter() - began, 1)
        for row in rows:
            note(f"    {row.verdict}: {row.what}: {row.figure}, {row.peer}")


def measure(parts: Collection[Part], bench: Bench) -> Measured:
    """All parts: first those that run alone, then the others in pairs."""
    done = Measured({each.name: [] for each in parts})
    for part in parts:
        if part.alone:
            done.add(part, bench)
    beside = sorted((x for x in parts if not x.alone), key=lambda x: -x.seconds)
    side_by_side(bench, [partial(done.add, each) for each in beside], done.over)
    return done


def side_by_side(
    bench: Bench, tasks: Iterable[Callable[[Bench], None]], over: threading.Event
) -> None:
    """Do all *tasks*, one at a time on each of both cores, until *over*."""
    waiting, lock = iter(list(tasks)), threading.Lock()

    def following() -> Iterator[Callable[[Bench], None]]:
        while not over.is_set():
            with lock:
                task = next(waiting, None)
            if task is None:
                return
            yield task

    def work(mine: Bench) -> None:
        pin(mine.cores.client)
        for task in following():
            task(mine)

    on = bench.cores
    lanes = [on, Cores(on.server, on.client)] if on.apart else [on]
    threads = [threading.Thread(target=work, args=[bench.on(each)]) for each in lanes]
    for each in threads:
        each.start()
    try:
        for each in threads:
            each.join()
    except BaseException:
        over.set()
        while any(each.is_alive() for each in threads):
            end_processes()
            threads[0].join(0.2)
            threads[-1].join(0.2)
        raise
