"""The product as a user has it: real commands, real HTTP, a local Twilio."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zoneinfo
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.exchange.people import People, Subscriber
from reconciler.simulator.local_server import running
from tests.cli import in_process
from tests.cli.failure_sections import failure_sections
from tests.cli.forked_process import ForkedProcess, ForkServer, ForkServerProcess
from tests.cli.json_contract import require_contract
from tests.cli.snapshot import Snapshot
from tests.plain_http import CLIENT
from tests.workers.server import WorkerServer

SID = "AC" + "a1" * 16
TOKEN = "b2" * 16
PATIENCE = 180
_DATABASE = re.compile("RECONCILER_DATABASE_URL")

LINE = """\
version: 1
conference: line
from: "+15550100001"
defaults: {muted: false, hold: false}
participants:
  ann: {to: "+15551230001"}
  bob: {to: "client:bob", muted: true}
  cara: {to: "sip:cara@example.com", hold: true}
  sup: {to: "+15551230009", coaching: ann}
  dan: {to: "+15551230004"}
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass(slots=True)
class World:
    """A folder, a simulator and the commands between them."""

    folder: Path
    url: str
    exchange: Exchange
    snapshots: dict[tuple[str, ...], Snapshot]
    tables: Path | None
    forks: Callable[[], ForkServer]
    environ: dict[str, str] = field(default_factory=dict)
    started: list[ForkedProcess] = field(default_factory=list)

    def answer(self, typed: str, *words: str, **environ: str) -> Ended:
        """As ``run``, with somebody at a terminal who types *typed*."""
        env = self.env(**environ)
        done = Ended(*in_process.run(words, self.folder, env, typed, typed=True))
        require_contract(words, done.out)
        return done

    def run(self, *words: str, stdin: str | None = None, **environ: str) -> Ended:
        """The command in this process: for what it says and does."""
        env = self.env(**environ)
        if words[:1] == ("sync",):
            self.begin_for(env)
        done = Ended(*in_process.run(words, self.folder, env, stdin))
        require_contract(words, done.out)
        return done

    def process(self, *words: str, stdin: str | None = None, **environ: str) -> Ended:
        """The command in a process of its own, whose imports are done."""
        process = self.start(*words, stdin=stdin, **environ)
        try:
            out, err = process.communicate(PATIENCE)
        finally:
            process.kill()
        require_contract(words, out)
        return Ended(process.wait(), out, err)

    def start(
        self, *words: str, stdin: str | None = None, **environ: str
    ) -> ForkedProcess:
        """A process that runs on."""
        env = self.env(**environ)
        process = self.forks().start_piped(words, self.folder, env, stdin or "")
        self.started.append(process)
        return process

    def start_fresh(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """A process by an interpreter of its own: where the start is the point."""
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=self.folder,
            env=self.env(**environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin_for(self, env: Mapping[str, str]) -> None:
        """Begin, unless a command's environment names another database."""
        if not any(map(_DATABASE.match, env)):
            self.begin()

    def begin(self) -> None:
        """Have a database with all tables, unless there is one or *tables* is None."""
        database = self.folder / "reconciler.db"
        if self.tables and not database.exists():
            shutil.copy(self.tables, database)

    def env(self, **more: str) -> dict[str, str]:
        return {
            **kept_environ(),
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "RECONCILER_TWILIO_URL": self.url,
            "RECONCILER_CALLS_PER_SECOND": "50",
            "RECONCILER_LEASE": "4s",
            "RECONCILER_QUIET": "0",
            **self.environ,
            **more,
        }

    def write(self, text: str, name: str = "line.yaml") -> Path:
        path = self.folder / "desired" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def converge(self, *rosters: str) -> None:
        """Make the new world as LINE says, or as *rosters* do one after another.

        It is synced once a worker and then copied.
        """
        rosters = rosters or (LINE,)
        self.write(rosters[-1])
        if rosters in self.snapshots:
            self.snapshots[rosters].restore(self.exchange, self.folder)
            return
        for each in rosters:
            self.write(each)
            done = self.run("sync")
            assert done.code == 0, done.err
        self.forget()
        self.snapshots[rosters] = Snapshot.of(self.exchange, self.folder)

    def state(self) -> Any:
        return CLIENT.get(f"{self.url}/simulator/state").json()

    def tell(self, order: str, **given: Any) -> Any:
        answer = CLIENT.post(f"{self.url}/simulator/{order}", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def forget(self) -> None:
        self.tell("reset")

    def people(self, room: str = "line") -> dict[str, Any]:
        """Who is in the live room, by label (or call SID)."""
        return self.rooms().get(room, {})

    def rooms(self) -> dict[str, dict[str, Any]]:
        """Who is in each live room, by label (or call SID)."""
        return {
            conference["name"]: {
                each["label"] or each["call_sid"]: each
                for each in conference["participants"]
                if each["status"] == "connected"
            }
            for conference in self.state()["conferences"]
            if conference["status"] != "completed"
        }

    def writes(self) -> list[Any]:
        return list(self.state()["writes"])

    def creates(self) -> list[str]:
        """The label of each create that arrived, whatever became of it."""
        return [
            each["form"]["Label"][0]
            for each in self.writes()
            if each["path"].endswith("/Participants.json")
        ]

    def rings(self) -> list[str]:
        return [each["label"] for each in self.state()["rings"]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the world of a test that failed."""
    report = yield
    world = item.funcargs.get("world")
    if call.when == "call" and report.failed and isinstance(world, World):
        report.sections += failure_sections(world)
    return report


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(
        time.time,
        People(others=Subscriber(answers_after=0.05)),
        Switches(connecting_seconds=0.0),
        account=LocalAccount(SID, TOKEN),
        calls_per_second=100,
        seed="tests",
    )


@pytest.fixture(scope="session")
def snapshots() -> dict[tuple[str, ...], Snapshot]:
    """Converged worlds of this worker, by their rosters."""
    return {}


_FORKS = pytest.StashKey[ForkServerProcess]()


@pytest.hookimpl
def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what processes are forked from, once for all workers that are forked."""
    asked = any("world" in getattr(each, "fixturenames", ()) for each in session.items)
    if asked and session.config.pluginmanager.has_plugin(WorkerServer.NAME):
        session.config.stash[_FORKS] = ForkServerProcess(kept_environ())


@pytest.fixture(scope="session")
def forks(pytestconfig: pytest.Config) -> Iterator[ForkServer]:
    """What starts the processes of this worker's tests, once one is asked for."""
    process = pytestconfig.stash.get(_FORKS, None)
    process = process or ForkServerProcess(kept_environ())
    with closing(process), closing(ForkServer(process.path)) as server:
        yield server


def kept_environ() -> dict[str, str]:
    """What a process needs of our environment."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Path]:
    """The same folder for every test, as snapshots name it; kept in tmp_path."""
    path = tmp_path_factory.getbasetemp() / "world"
    path.mkdir()
    yield path
    path.rename(tmp_path / "world")


@pytest.fixture
def world(
    folder: Path,
    exchange: Exchange,
    snapshots: dict[tuple[str, ...], Snapshot],
    template_file: Path,
    request: pytest.FixtureRequest,
) -> Iterator[World]:
    def forks() -> ForkServer:
        found: ForkServer = request.getfixturevalue("forks")
        return found

    with served(exchange) as url:
        yield World(folder, url, exchange, snapshots, template_file, forks)


@pytest.fixture
def packaged_zones() -> Iterator[None]:
    """Time zones by the package tzdata, whatever the system has."""
    zoneinfo.reset_tzpath([])
    yield
    zoneinfo.reset_tzpath()


@contextmanager
def served(exchange: Exchange) -> Iterator[str]:
    """The exchange on a free port, in a loop of its own."""
    ready: Queue[str] = Queue()
    over = threading.Event()

    async def serve() -> None:
        async with running(exchange) as url:
            ready.put(url)
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield ready.get(timeout=PATIENCE)
    finally:
        over.set()
        thread.join(PATIENCE)


@pytest.fixture
def database(url: str) -> str:
    """The URL of a database with all tables and no rows."""
    return url
