"""Starts servers and measured processes, and asks them in turn."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.builds import Build, this_build
from benchmarks.chain import Chain, make_chain
from benchmarks.cores import Cores, pin
from benchmarks.process import daemon, until_idle
from benchmarks.seed import database_url, folder
from benchmarks.world import ACCOUNT, TOKEN, World

Result = dict[str, Any]
ROUNDS = 5
DATABASE = "reconciler.db"
"""The file of a world's database, in its folder."""


def note(line: str) -> None:
    """Progress, for who watches."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def environment(url: str, **more: str) -> dict[str, str]:
    """What a client is told: where the account is, no proxies, compiled modules kept.

    Nothing waits for files that were written just before the measurement.
    """
    hidden = ("PROXY", "RECONCILER_", "TWILIO_", "PYTHONDONTWRITEBYTECODE")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not any(word in name.upper() for word in hidden)
    }
    return kept | {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "RECONCILER_TWILIO_URL": url,
        "RECONCILER_CALLS_PER_SECOND": "1000",
        "RECONCILER_QUIET": "0",
        "NO_COLOR": "1",
        **more,
    }


class Worker:
    """A process of its own that answers each line it is given with one.

    With *code* the module is its text, for builds that do not have it.
    """

    def __init__(
        self,
        module: str,
        *args: str,
        env: Mapping[str, str],
        build: Build | None = None,
        code: bool = False,
    ) -> None:
        of = build or this_build()
        self._process = subprocess.Popen(
            [of.python, "-c" if code else "-m", module, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
            cwd=of.tree,
        )
        self._name = module
        self.pid = self._process.pid
        try:
            self.ready = self._next()
        except BaseException:
            self.close()
            raise

    def ask(self, do: str, **given: object) -> Result:
        """The answer to one command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()
        return self._next()

    def move_to(self, core: int) -> None:
        """Keep all its threads, and those that they start, on *core*."""
        for each in Path(f"/proc/{self.pid}/task").glob("*"):
            pin(core, int(each.name))

    def close(self) -> None:
        """End it; by force if it does not."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except BaseException as error:
            self._process.kill()
            self._process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
        finally:
            assert self._process.stdout is not None
            self._process.stdout.close()

    def _next(self) -> Result:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with code {self._process.wait()}")
        found: Result = json.loads(line)
        return found


@dataclass(frozen=True, slots=True)
class Server:
    """A measuring server that runs; see ``server`` for what it takes.

    ``secure`` is its port with TLS, None if it has none.
    """

    port: int
    secure: int | None = None

    @property
    def url(self) -> str:
        """Where clients find it: over TLS if it has that."""
        if self.secure is not None:
            return f"https://127.0.0.1:{self.secure}"
        return f"http://127.0.0.1:{self.port}"

    def control(self, what: str, **given: object) -> Any:
        """Have something changed, or read counters."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("POST", f"/_bench/{what}", json.dumps(given))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def writes(self) -> list[Result]:
        """All writes since ``forget``, in the order of their answers."""
        found: list[Result] = self.control("writes")
        return found


@dataclass(slots=True)
class Shared:
    """What a run makes once, for whoever measures: worlds, certificates, names."""

    homes: dict[tuple[World, Build], Path] = field(default_factory=dict)
    chain: Chain | None = None
    numbers: "count[int]" = field(default_factory=count)
    chaining: threading.Lock = field(default_factory=threading.Lock)
    preparing: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Bench:
    """What rows are measured with: cores, a folder, and everything that was started.

    ``against`` is the older build that is measured beside this one, if any; ``rooms`` are
    those of the family that shares them, None for its own.
    """

    cores: Cores
    folder: Path
    rounds: int = ROUNDS
    quick: bool = False
    against: Build | None = None
    rooms: int | None = None
    _shared: Shared = field(default_factory=Shared)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def builds(self) -> tuple[Build, ...]:
        """The build that is measured, and the older one if there is one."""
        return (this_build(), *self.older)

    @property
    def older(self) -> tuple[Build, ...]:
        """The older build, if there is one."""
        return (self.against,) if self.against else ()

    @property
    def chain(self) -> Chain:
        """The certificates of servers, made once."""
        with self._shared.chaining:
            if self._shared.chain is None:
                self._shared.chain = make_chain(self.folder)
            return self._shared.chain

    def on(self, other: Cores) -> "Bench":
        """The same on *other* cores, with nothing started there."""
        return replace(self, cores=other, _stack=ExitStack())

    def new_folder(self, name: str) -> Path:
        """An empty folder, another one each time."""
        path = self.folder / f"{name}-{next(self._shared.numbers)}"
        path.mkdir()
        return path

    def prepare(self, worlds: Iterable[tuple[World, Build]]) -> None:
        """Make the files and the databases of *worlds* that are missing, side by side.

        Of this build, a daemon has left all rooms at rest.
        """
        homes = self._shared.homes
        with self._shared.preparing:
            missing = [each for each in dict.fromkeys(worlds) if each not in homes]
            missing.sort(key=lambda each: -each[0].rooms * each[0].people)
            on = cycle((self.cores.client, self.cores.server))
            with ThreadPoolExecutor(len(missing) or 1) as pool:
                making = [pool.submit(self._make, *each, next(on)) for each in missing]
            for each, home in zip(missing, making, strict=True):
                homes[each] = home.result()

    def _make(self, of: World, build: Build, core: int) -> Path:
        pin(core)
        home = self.folder / f"{build.name}-{of.rooms}-{of.people}"
        home.mkdir()
        _seed(home, of, build)
        if build == this_build():
            self._make_rest(home, of)
        return home

    def _make_rest(self, home: Path, of: World) -> None:
        args = ["--rooms", str(of.rooms), "--people", str(of.people)]
        args += ["--chain", str(self.chain.root.parent)]
        worker = Worker("benchmarks.server", *args, env=environment(""))
        try:
            server = Server(worker.ready["port"], worker.ready.get("secure"))
            self.rest(home, server)
        finally:
            worker.close()

    def rest(self, home: Path, server: Server) -> None:
        """Have a daemon observe all rooms of *home*, and end it once they are at rest."""
        more = {"RECONCILER_DATABASE_URL": database_url(home)}
        env = self.environment(server.url, **more, **this_build().environment())
        words = ("daemon", str(folder(home)), "--admin-listen", "127.0.0.1:0")
        with daemon(this_build().command(*words), env, home) as ready:
            until_idle(ready.pid)

    def copied_home(self, name: str, of: World, server: Server, *database: str) -> Path:
        """As ``fresh_home``, with all rooms at rest at *server*: copies of the first one."""
        home = self.fresh_home(name, World(1, of.people), *database)
        self.rest(home, server)
        _write("benchmarks.copies", home, of, this_build())
        return home

    def home(self, of: World, build: Build | None = None) -> Path:
        """The folder with the files and the database of a world."""
        key = of, build or this_build()
        self.prepare([key])
        return self._shared.homes[key]

    def database(self, of: World, build: Build | None = None) -> str:
        """The URL of a copy of the database of a world, as it was made."""
        made = self.home(of, build) / DATABASE
        copy = self.new_folder("database") / DATABASE
        for path in made.parent.glob(f"{DATABASE}*"):
            shutil.copy(path, copy.with_name(path.name))
        return f"sqlite:///{copy}"

    def fresh_home(self, name: str, of: World, *database: str) -> Path:
        """Another folder with the files and the database of a world.

        *database* is the URL of one elsewhere.
        """
        home = self.new_folder(name)
        _seed(home, of, this_build(), *database)
        return home

    def server(self, of: World, *, tls: bool = False) -> Server:
        """Start a server that shows *of*; with *tls* clients speak that."""
        args = ["--rooms", str(of.rooms), "--people", str(of.people)]
        args += ["--core", str(self.cores.server)]
        if tls:
            args += ["--chain", str(self.chain.root.parent)]
        worker = self.keep(Worker("benchmarks.server", *args, env=environment("")))
        return Server(worker.ready["port"], worker.ready.get("secure"))

    def environment(self, url: str, **more: str) -> dict[str, str]:
        """As ``environment``; clients of this bench trust its servers."""
        if url.startswith("https"):
            more["SSL_CERT_FILE"] = str(self.chain.root)
        return environment(url, **more)

    def worker(
        self,
        module: str,
        *args: str,
        url: str = "",
        build: Build | None = None,
        **env: str,
    ) -> Worker:
        """Start a measured process."""
        given = self.environment(url, **env)
        return self.keep(Worker(module, *args, env=given, build=build))

    def at_once(self, starts: Iterable[Callable[[], Worker]]) -> list[Worker]:
        """Processes that start on both cores; then all are on the client's."""
        places = (self.cores.client, self.cores.server)

        def started(number: int, start: Callable[[], Worker]) -> Worker:
            pin(places[number % 2])
            return start()

        asked = list(starts)
        with ThreadPoolExecutor(len(asked)) as pool:
            workers = list(pool.map(started, range(len(asked)), asked))
        for each in workers:
            each.move_to(self.cores.client)
        return workers

    @contextmanager
    def over(self) -> Iterator[None]:
        """At the end of the block all that was started in it is ended."""
        with ExitStack() as stack:
            before, self._stack = self._stack, stack
            try:
                yield
            finally:
                self._stack = before

    def keep(self, worker: Worker) -> Worker:
        """Have a process ended with the block."""
        self._stack.callback(worker.close)
        return worker


def _seed(home: Path, of: World, build: Build, *database: str) -> None:
    _write("benchmarks.seed", home, of, build, *database)


def _write(module: str, home: Path, of: World, build: Build, *more: str) -> None:
    """Have *module* of a build write to *home*; RuntimeError if it fails."""
    argv = [build.python, "-m", module, str(home), str(of.rooms), str(of.people), *more]
    env = environment("http://127.0.0.1:9")
    if code := subprocess.Popen(argv, env=env, cwd=build.tree).wait():
        raise RuntimeError(f"{module} ended with code {code}")


@dataclass(frozen=True, slots=True)
class Taken:
    """One process from start to end, in seconds."""

    wall: float
    cpu: float
    code: int
    output: str


def timed(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path | None = None
) -> Taken:
    """Run a whole process and time it."""
    began = time.perf_counter()
    process = subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        output = process.stdout.read().decode()
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    return Taken(wall, used.ru_utime + used.ru_stime, process.returncode, output)


def product_command() -> str:
    """The command line's entry, beside the interpreter that runs this."""
    return str(Path(sys.executable).with_name("reconciler"))


def in_turn(
    rounds: int, parties: Mapping[str, Callable[[], float]]
) -> dict[str, list[float]]:
    """The figures of all parties, each asked once a round."""
    found: dict[str, list[float]] = {name: [] for name in parties}
    for _ in range(rounds):
        for name, ask in parties.items():
            found[name].append(ask())
    return found


def ratio(figures: Mapping[str, Sequence[float]], of: str, to: str) -> float:
    """One party to another: the median over the rounds of what each round shows."""
    pairs = zip(figures[of], figures[to], strict=True)
    return median(one / other for one, other in pairs)
