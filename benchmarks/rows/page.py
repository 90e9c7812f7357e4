"""The operators' page: what open pages cost the daemon, and what a first view takes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.builds import this_build
from benchmarks.cores import moved_to
from benchmarks.harness import Bench, Result, Server, Worker, in_turn, note, ratio
from benchmarks.part import Part
from benchmarks.rows.checks import FEW, settled, started, sweep
from benchmarks.table import Row
from benchmarks.world import World

PAGES = 20
MOST_CHECK, MOST_MS, MOST_KB, MOST_CHANGE_MS = 1.05, 100.0, 60.0, 1000.0
SWEEPS = 3
"""Sweeps of which a figure is the median, and by how much there are more rounds."""

QUIET_SECONDS = 1.5
"""Seconds after which every page has shown a change."""

_DRIFTING = "person-001"
"""Muted by the roster; somebody unmutes them by hand."""

SCRIPTED = ("/static/stream.js",)
"""What the page's script asks for."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A daemon with its page at ``url``, and browsers."""

    of: World
    server: Server
    shown: Worker
    browsers: Worker
    url: str

    def read(self, path: str) -> Result:
        """What a browser gets that has nothing yet."""
        return self.browsers.ask("first_view", url=self.url, path=path)

    def view(self, path: str) -> float:
        """CPU milliseconds of the daemon for it."""
        before = self.shown.ask("spent")["cpu"]
        self.read(path)
        return float(self.shown.ask("spent")["cpu"] - before) * 1000

    def unmute(self) -> None:
        """Somebody unmutes a person by hand, in one room."""
        (room,) = self.of.each(1)
        fields = {"muted": False}
        self.server.control("change", room=room.name, label=_DRIFTING, fields=fields)


def page(bench: Bench) -> Iterator[Row]:
    """All rows of this family."""
    of = _world(bench)
    note(f"page: {of.name}")
    server = bench.server(of)
    plain = started(bench, of, server)
    shown = started(bench, of, server, "--page")
    for worker in (plain, shown):
        settled(worker, of)
    with moved_to(bench.cores.server):
        browsers = bench.worker("benchmarks.pages")
    opened = Opened(of, server, shown, browsers, page_of(shown.ready["lines"]))
    yield _first_view(bench, opened)
    yield _bytes(opened)
    rooms = [each.name for each in of.each(PAGES // 2)]
    browsers.ask("open", url=opened.url, rooms=[*rooms, *[""] * (PAGES - len(rooms))])
    yield _checks(bench, of, plain, shown)
    yield _changes(bench, opened)


PARTS = (Part("page", page, lambda b: [(_world(b), this_build())], alone=True),)


def _world(bench: Bench) -> World:
    return World(100, 5) if bench.quick else FEW


def page_of(lines: list[str]) -> str:
    """Where the daemon says that its page is."""
    return next(x for x in lines if x.startswith("page at ")).removeprefix("page at ")


def _first_view(bench: Bench, it: Opened) -> Row:
    """Of the list of all rooms: the first of all, and after each of some changes."""
    note("page: first views")
    cold, warm = it.view("/rooms"), []
    for _ in range(bench.rounds):
        it.unmute()
        it.shown.ask("sweep")
        warm.append(it.view("/rooms"))
    return Row(
        f"CPU of the first view of {it.of.rooms:,} rooms that anybody reads",
        cold,
        MOST_MS,
        "ms",
        "—",
        rounds={"after a change": warm},
        note=f"{median(warm):.0f} ms after a change",
    )


def _bytes(it: Opened) -> Row:
    """The page without rows, and everything that it loads."""
    page = it.read("/rooms?q=nobody")
    sizes = [it.read(path)["bytes"] for path in (*page["assets"], *SCRIPTED)]
    whole = it.read("/rooms")["bytes"]
    return Row(
        "bytes of a first view without the rows",
        (page["bytes"] + sum(sizes)) / 1000,
        MOST_KB,
        "kB",
        "—",
        note=f"the page with {it.of.rooms:,} rows {whole / 1000:.0f} kB, as sent",
    )


def _checks(bench: Bench, of: World, plain: Worker, shown: Worker) -> Row:
    note(f"page: checks with {PAGES} pages open")

    def ask(worker: Worker) -> Callable[[], float]:
        return lambda: median([sweep(worker)() for _ in range(SWEEPS)])

    figures = in_turn(bench.rounds, {"with pages": ask(shown), "without": ask(plain)})
    return Row(
        f"CPU to check {of.name}, unchanged, {PAGES} pages open",
        ratio(figures, "with pages", "without"),
        MOST_CHECK,
        "×",
        "itself without a page",
        rounds=figures,
        profile="check",
        note=f"{median(figures['with pages']):,.0f} µs a room, without a page "
        f"{median(figures['without']):,.0f}",
    )


def _changes(bench: Bench, it: Opened) -> Row:
    """One person unmuted in one room: seen, corrected, and shown on every page."""
    note("page: a change on every page")
    before, spent = it.browsers.ask("views")["views"], []
    for _ in range(bench.rounds):
        it.unmute()
        sweeping = it.shown.ask("sweep")["cpu"]
        after = it.shown.ask("idle", seconds=QUIET_SECONDS)["cpu"]
        spent.append((sweeping + after) * 1000)
    views = it.browsers.ask("views")["views"] - before
    return Row(
        f"CPU of a change that {PAGES} pages show, with the check of {it.of.name}",
        median(spent),
        MOST_CHANGE_MS,
        "ms",
        "—",
        rounds={"spent": spent},
        profile="look",
        note=f"{views / bench.rounds:.0f} views are read for each change",
    )
