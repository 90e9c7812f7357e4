"""README.md: the commands of the first room run as written, one after another."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import World, exchange, folder, snapshots, world
from tests.docs.test_tutorial import run

__all__ = ["exchange", "folder", "snapshots", "world"]

PAGE = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
FIRST_ROOM = PAGE.partition("## Your first room")[2].partition("\n## ")[0]
ELSEWHERE = ("reconciler simulate", "export ", "mkdir ")
"""What starts the simulator, and enters a folder: the world of the test has both."""


def commands() -> list[str]:
    """Each line of the blocks, without its comment."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", FIRST_ROOM, re.DOTALL))
    lines = [re.split(r"\s{2,}#", each)[0] for each in blocks.splitlines()]
    return [each for each in lines if each and not each.startswith(ELSEWHERE)]


@pytest.mark.process
def test_each_command_of_the_first_room_does_what_its_comment_says(
    world: World,
) -> None:
    printed = [run(world, each) for each in commands()]

    assert len(printed) > 10
    told = dict(zip(commands()[:5], printed, strict=False))
    assert "valid" in told["reconciler validate"]
    assert "to ring" in told["reconciler plan"]
    assert "example" in told["reconciler status"]
    drifted = printed[commands().index("reconciler plan", 3)]
    assert "customer" in drifted
    assert len(world.people("example")) == 4
    assert "error" not in "".join(printed)
    assert world.run("status", "--exit-code").code == 0
