"""What a failed test shows of its world: logs, output of processes, and rooms."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from tests.cli.forked_process import ForkedProcess

if TYPE_CHECKING:
    from tests.cli.conftest import World

_MOST_LINES = 150
"""Lines of each section, the last ones."""


def failure_sections(world: "World") -> Iterator[tuple[str, str]]:
    """Title and text of each section, while the simulator and the database answer.

    Processes that still run are ended.
    """
    for title, show in _sections(world):
        yield title, _last_lines(show)


def _sections(world: "World") -> Iterator[tuple[str, Callable[[], str]]]:
    for log in sorted(world.folder.glob("*.log")):
        yield log.name, partial(log.read_text, "utf-8", "backslashreplace")
    for number, process in enumerate(world.started, 1):
        if process.stdout and not process.stdout.closed:
            yield f"output of process {number}", partial(_output, process)
    for words in (("status",), ("events", "--limit", "50")):
        yield f"reconciler {' '.join(words)}", partial(_run, world, words)
    yield "rooms and requests of the simulator", partial(_simulator, world)


def _output(process: ForkedProcess) -> str:
    process.kill()
    return "".join(process.communicate())


def _run(world: "World", words: tuple[str, ...]) -> str:
    done = world.run(*words)
    return done.out + done.err


def _simulator(world: "World") -> str:
    state = world.state()
    people = [each for room in state["conferences"] for each in room["participants"]]
    requests = [*state["rings"], *state["writes"][-50:]]
    return "\n".join(json.dumps(each) for each in (*people, *requests))


def _last_lines(show: Callable[[], str]) -> str:
    try:
        lines = show().splitlines()
    except Exception as error:  # noqa: BLE001 - the failure of the test is what counts
        return f"cannot be shown: {error!r}"
    return "\n".join(lines[-_MOST_LINES:])
