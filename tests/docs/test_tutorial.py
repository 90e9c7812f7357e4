"""docs/tutorial.md: each command runs as written, and shows what the page shows."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import World, exchange, folder, snapshots, world
from tests.plain_http import CLIENT

__all__ = ["exchange", "folder", "snapshots", "world"]

PAGE = (Path(__file__).parents[2] / "docs/tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """A command with the lines that it is to print, in their order."""

    command: str
    shown: tuple[str, ...]


def steps() -> list[Step]:
    """All but the first, which starts the simulator."""
    found: list[Step] = []
    for block in BLOCKS[1:]:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            found.append(Step(command, tuple(shown)))
    return found


def shows(output: str, lines: tuple[str, ...]) -> bool:
    """Whether the *lines*, in which … is anything, are in *output* in this order."""
    pattern = ".*\n".join(
        ".*" + ".*".join(map(re.escape, each.split("…"))) for each in lines
    )
    gaps = pattern.replace("\n", "\n(?:.*\n)*?")
    return re.search(gaps, output) is not None


def run(world: World, command: str) -> str:
    """What *command* prints: of ours in this process, of others in a shell."""
    words = shlex.split(command)
    if words[0] == "reconciler":
        done = world.run(*words[1:], RECONCILER_QUIET="0")
        return done.err + done.out
    if words[0] == "curl":
        url = words[-1].replace("$RECONCILER_TWILIO_URL", world.url)
        answer = CLIENT.post(url, content=words[words.index("-d") + 1])
        assert answer.status_code == 200, answer.text
        return answer.text
    done_by_shell = subprocess.run(
        ["sh", "-ec", command],
        cwd=world.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done_by_shell.stdout


@pytest.mark.process
def test_each_command_of_the_tutorial_shows_what_the_page_says(world: World) -> None:
    for step in steps():
        output = run(world, step.command)
        assert shows(output, step.shown), f"{step.command}\n{output}"
    assert set(world.people("example")) == {
        "agent",
        "customer",
        "specialist",
        "supervisor",
    }


def test_the_tutorial_exports_what_the_simulator_prints() -> None:
    [printed] = BLOCKS[0].splitlines()[1:]

    assert BLOCKS[0].startswith("$ reconciler simulate\n")
    assert f"export {printed}\n" in PAGE


def test_the_comparison_sees_a_line_that_is_missing() -> None:
    assert shows("one\ntwo\nthree\n", ("one", "t…e"))
    assert not shows("one\ntwo\nthree\n", ("two", "one"))
    assert not shows("one\ntwo\n", ("one", "four"))
