"""The inside of a measured process: commands come in as JSON lines, results go out."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Result = dict[str, Any]
Command = Callable[..., Result]
AsyncCommand = Callable[..., Awaitable[Result]]


def tell(result: Mapping[str, object]) -> None:
    """One line to whoever started this process."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def obey(commands: Mapping[str, Command], ready: Mapping[str, object]) -> None:
    """Say *ready*; then do as told until standard input ends."""
    tell(ready)
    for line in sys.stdin:
        given = json.loads(line)
        tell(commands[given.pop("do")](**given))


async def obey_async(
    commands: Mapping[str, AsyncCommand], ready: Mapping[str, object]
) -> None:
    """As ``obey``, while the event loop goes on."""
    tell(ready)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        given = json.loads(line)
        tell(await commands[given.pop("do")](**given))


class Stopwatch:
    """CPU and wall seconds of this process since it was made."""

    def __init__(self) -> None:
        self._cpu = time.process_time()
        self._wall = time.perf_counter()

    def result(self, rooms: int, **more: object) -> Result:
        """What *rooms* rooms took."""
        return {
            "cpu": time.process_time() - self._cpu,
            "wall": time.perf_counter() - self._wall,
            "rooms": rooms,
            **more,
        }


def peak_memory() -> float:
    """The most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
