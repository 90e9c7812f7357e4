"""What is profiled: for each row that can fall short, what shows where its time goes.

What is the same work for each room is profiled with fewer rooms than the row has.
Commands have the row's 1,000; starts and memory 3,000, so that what a process takes by
itself does not hide what rooms take.
"""

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.builds import this_build
from benchmarks.harness import DATABASE, Bench, Server, Worker, note, timed
from benchmarks.process import daemon
from benchmarks.profile import Profile, read_profile
from benchmarks.reading import write_files
from benchmarks.rows import convergence, simulation, webhooks
from benchmarks.rows.checks import settled, started
from benchmarks.rows.commands import COMMANDS
from benchmarks.rows.idle import empty_home
from benchmarks.rows.looks import CORRECTED, DRIFTING, NOTICED_SECONDS, REST_SECONDS
from benchmarks.seed import touch
from benchmarks.world import World

FEW, WIDE, SOME, MANY = World(300, 5), World(300, 50), World(1000, 5), World(3000, 5)
SWEEPS, STARTED_SECONDS, SECONDS, FILES = 5, 6.0, 5.0, 200

Work = Callable[[Bench, Path], None]
"""Has something sampled, whose figures then are in a file."""


def profiled(bench: Bench, what: str) -> Profile:
    """Where the CPU time of *what* goes; KeyError for a name that is not in ``WHAT``."""
    note(f"profile: {what}")
    path = bench.folder / f"profile-{what}.json"
    with bench.over():
        WHAT[what](bench, path)
    return read_profile(path)


def _product(bench: Bench, of: World, *more: str) -> tuple[Server, Worker]:
    server = bench.server(of, tls=True)
    worker = settled(started(bench, of, server, *more), of)
    return server, worker


def _check(bench: Bench, path: Path) -> None:
    _, product = _product(bench, WIDE)
    product.ask("sampled", sweeps=SWEEPS, path=str(path))


def _look(bench: Bench, path: Path) -> None:
    url = bench.database(FEW)
    _, product = _product(bench, FEW, "--database", url)
    touch(url)
    time.sleep(NOTICED_SECONDS)
    product.ask("sampled", sweeps=1, path=str(path))


def _correction(bench: Bench, path: Path) -> None:
    server, product = _product(bench, FEW)
    for room in FEW.each(CORRECTED):
        fields = {"muted": False}
        server.control("change", room=room.name, label=DRIFTING, fields=fields)
    product.ask("sampled", sweeps=1, path=str(path), more=REST_SECONDS)


def _webhooks(bench: Bench, path: Path) -> None:
    webhooks.profile(bench, FEW, path)


def _process(
    bench: Bench, path: Path, server: Server, url: str, *words: str, after: float = 0
) -> tuple[list[str], Mapping[str, str]]:
    """The command line of a process that is sampled, and its environment."""
    more = {"RECONCILER_DATABASE_URL": url} | this_build().environment()
    env = bench.environment(server.url, **more)
    return [*_sampled(path, after), "reconciler", *words], env


def _sampled(path: Path, after: float = 0) -> list[str]:
    return [sys.executable, "-m", "benchmarks.sampled", str(path), str(after)]


def _start(bench: Bench, path: Path) -> None:
    server = bench.server(MANY, tls=True)
    words = ("daemon", "desired", "--admin-listen", "127.0.0.1:0")
    argv, env = _process(bench, path, server, bench.database(MANY), *words)
    for command in (this_build().command(*words), argv):
        with daemon(command, env, bench.home(MANY)):
            note("profile: every room was read")


def _idle(bench: Bench, path: Path) -> None:
    """A daemon without rooms, once it has started."""
    home, server = empty_home(bench, "profile"), bench.server(World(0, 0), tls=True)
    words = ("daemon", "desired", "--admin-listen", "127.0.0.1:0")
    url = f"sqlite:///{home / DATABASE}"
    argv, env = _process(bench, path, server, url, *words, after=STARTED_SECONDS)
    with daemon(argv, env, home):
        time.sleep(STARTED_SECONDS + SECONDS)


def _command(bench: Bench, path: Path, *, words: tuple[str, ...]) -> None:
    """After a sync, which leaves the rooms at rest for the next process."""
    server = bench.server(SOME, tls=True)
    argv, env = _process(bench, path, server, bench.database(SOME), *words)
    for command in (this_build().command("sync", "desired"), argv):
        timed(command, env, bench.home(SOME))


def _one(bench: Bench, path: Path) -> None:
    """A command of one room, for the parts that do not grow with rooms."""
    one = World(1, 5)
    server = bench.server(one, tls=True)
    argv, env = _process(bench, path, server, bench.database(one), "sync", "desired")
    timed(argv, env, bench.home(one))


def _memory(bench: Bench, path: Path) -> None:
    """What is held of each room; tracing takes memory itself, which is not counted."""
    server = bench.server(MANY, tls=True)
    home, url = bench.home(MANY), bench.database(MANY)
    args = (str(home), str(MANY.rooms), "--database", url)
    product = bench.worker(
        "benchmarks.product", *args, url=server.url, PYTHONTRACEMALLOC="1"
    )
    product.ask("sweep")
    product.ask("allocated", path=str(path))


def _filling(bench: Bench, path: Path) -> None:
    server = bench.server(World(0, 0), tls=True)
    home = convergence.prepare(bench, server)
    url = f"sqlite:///{home / DATABASE}"
    argv, env = _process(bench, path, server, url, "sync", "room.yaml")
    timed(argv, env, home)


def _load(bench: Bench, path: Path) -> None:
    home = bench.new_folder("profile-load")
    write_files(home, 1, FILES)
    args = ("benchmarks.loading", str(home / "0"))
    with bench.over():
        loading = bench.worker("benchmarks.sampled", str(path), "0", *args)
        loading.ask("load", url=f"sqlite:///{home / DATABASE}")


def _simulation(bench: Bench, path: Path) -> None:
    seeds = ("--seeds", str(simulation.SEEDS), "--jobs", "1")
    argv = [*_sampled(path), "tests.simulation", *seeds]
    timed(argv, bench.environment("") | this_build().environment(), this_build().tree)


WHAT: Mapping[str, Work] = {
    "check": _check,
    "look": _look,
    "correction": _correction,
    "start": _start,
    "idle": _idle,
    **{x.name: partial(_command, words=x.words) for x in COMMANDS},
    "one": _one,
    "filling": _filling,
    "webhooks": _webhooks,
    "load": _load,
    "memory": _memory,
    "simulation": _simulation,
}
