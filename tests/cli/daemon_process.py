"""``reconciler daemon`` as a process, and the room that it fills."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.cli.conftest import World
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.waiting import PATIENCE


class Process:
    """A daemon that runs; its log goes to a file."""

    def __init__(self, world: World, *words: str) -> None:
        self.admin = f"127.0.0.1:{free_port()}"
        self.log = world.folder / f"daemon-{time.monotonic_ns()}.log"
        command = ("daemon", *words, "--admin-listen", self.admin)
        env = world.env()
        world.begin_for(env)
        with self.log.open("w") as log, Path(os.devnull).open("r+") as nothing:
            files = (nothing.fileno(), nothing.fileno(), log.fileno())
            self.process = world.forks().start(command, world.folder, env, files)

    def probe(self, name: str) -> int:
        """The status of a probe, 0 if nobody answers."""
        try:
            return CLIENT.get(f"http://{self.admin}/{name}", timeout=5).status_code
        except httpx.HTTPError:
            return 0

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def daemon(world: World, *words: str) -> Iterator[Process]:
    process = Process(world, *words)
    try:
        yield process
    finally:
        process.end(signal.SIGKILL)


def converged(world: World, count: int = 5) -> Callable[[], bool]:
    """Whether the room of ``LINE`` is as declared."""

    def so() -> bool:
        people = world.people()
        return (
            len(people) == count
            and people["bob"]["muted"]
            and people["cara"]["hold"]
            and not people["cara"]["muted"]
            and people["sup"]["coaching"]
            and not people["sup"]["muted"]
        )

    return so
