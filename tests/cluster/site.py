"""Daemons as processes of one build or of two, on a real PostgreSQL, beside a local Twilio."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.builds import Build
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.exchange.people import People, Subscriber
from tests.cli.conftest import SID, TOKEN, kept_environ, served
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.postgres_server import postgres

PATIENCE = 240.0
"""Seconds for anything that is waited for."""


@dataclass(slots=True)
class RealDaemon:
    """A daemon that runs; ``admin`` is where it tells its figures."""

    process: "subprocess.Popen[bytes]"
    admin: str
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """As a machine that fails."""
        self.process.kill()
        self.process.wait(60)

    def end(self) -> int:
        """As a service manager does; the status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def metric(self, name: str) -> float | None:
        """A figure, None while nobody answers; RuntimeError if it ended by itself."""
        if self.process.poll() is not None:
            last = "\n".join(self.log.read_text("utf-8").splitlines()[-20:])
            raise RuntimeError(
                f"a daemon ended with {self.process.returncode}:\n{last}"
            )
        try:
            text = CLIENT.get(f"http://{self.admin}/metrics", timeout=10).text
        except httpx.HTTPError:
            return None
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None


@dataclass(slots=True)
class RealSite:
    """A folder, a database and a local Twilio that daemons share."""

    folder: Path
    url: str
    exchange: Exchange
    database: Any
    environ: dict[str, str]
    daemons: list[RealDaemon] = field(default_factory=list)

    def env(self, build: Build) -> dict[str, str]:
        return {
            **kept_environ(),
            **build.environment(),
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "RECONCILER_TWILIO_URL": self.url,
            "RECONCILER_QUIET": "0",
            **self.environ,
        }

    def run(self, build: Build, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command, to its end."""
        return subprocess.run(
            build.command(*words),
            cwd=self.folder,
            env=self.env(build),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, build: Build, *words: str) -> RealDaemon:
        """A daemon that shares the rooms with the others."""
        admin = f"127.0.0.1:{free_port()}"
        log = self.folder / f"daemon-{len(self.daemons)}.log"
        argv = build.command("daemon", "--scale", "--admin-listen", admin, *words)
        with log.open("wb") as lines:
            process = subprocess.Popen(
                argv,
                cwd=self.folder,
                env=self.env(build),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=lines,
            )
        self.daemons.append(RealDaemon(process, admin, log))
        return self.daemons[-1]

    def nodes(self, build: Build) -> dict[int, list[int]]:
        """The shards of each daemon with a heartbeat, by its process."""
        data = json.loads(self.run(build, "nodes", "--output", "json").stdout)
        return {
            int(each["name"].rpartition(":")[2]): each["shards"]
            for each in data["nodes"]
            if each["live"] and ":" in each["name"]
        }

    def write(self, name: str, text: str) -> None:
        path = self.folder / "desired" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    def tell(self, order: str, **given: Any) -> None:
        answer = CLIENT.post(f"{self.url}/simulator/{order}", json=given)
        answer.raise_for_status()

    def rooms(self) -> dict[str, dict[str, Any]]:
        """Who is connected in each live room, by label."""
        state = CLIENT.get(f"{self.url}/simulator/state", timeout=60).json()
        return {
            conference["name"]: {
                each["label"]: each
                for each in conference["participants"]
                if each["status"] == "connected"
            }
            for conference in state["conferences"]
            if conference["status"] != "completed"
        }

    @property
    def rings(self) -> list[tuple[float, str]]:
        """When each phone rang, and which."""
        return [(each.at, each.to) for each in tuple(self.exchange.history.rings)]


@contextmanager
def real_site(**environ: str) -> Iterator[RealSite]:
    """Opened with nothing declared and no tables; all daemons are ended at its end."""
    exchange = Exchange(
        time.time,
        People(others=Subscriber(answers_after=0.05)),
        Switches(connecting_seconds=0.0),
        account=LocalAccount(SID, TOKEN),
        calls_per_second=1000,
        seed="site",
    )
    with (
        TemporaryDirectory() as folder,
        postgres() as database,
        served(exchange) as url,
    ):
        shared = {"RECONCILER_DATABASE_URL": database.get_uri(), **environ}
        site = RealSite(Path(folder), url, exchange, database, shared)
        try:
            yield site
        finally:
            for each in site.daemons:
                each.process.kill()
                each.process.wait(60)


def seconds_until(what: Callable[[], object], within: float = PATIENCE) -> float:
    """How long it took; TimeoutError if it did not come."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > within:
            raise TimeoutError(f"not within {within:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began
