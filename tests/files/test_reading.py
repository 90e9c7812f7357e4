"""How far a long load has come is shown to people, and to nobody else."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from reconciler.cli.load_progress import reading
from reconciler.files import load

ROOM = 'version: 1\nconference: {}\nfrom: "+15550100000"\nparticipants: {{}}\n'

CLEAR = "\r\x1b[K"

SLOW = """\
import os, sys
from itertools import count
from reconciler.cli.load_progress import reading
ticks = count(0, 0.3)
try:
    with reading(quiet=False, clock=lambda: next(ticks)) as told:
        for each in range(6):
            told(each, 6)
        if len(sys.argv) > 1:
            raise KeyboardInterrupt
except KeyboardInterrupt:
    os.write(2, b"Interrupted.")
"""


def on_a_terminal(*words: str) -> str:
    """What a terminal gets as standard error of a slow load."""
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", SLOW, *words], stderr=theirs, check=True)
        os.set_blocking(ours, False)
        return os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.fixture
def ticks() -> Iterator[float]:
    return count(0.0, 60.0)


@pytest.mark.process
def test_a_long_load_counts_on_a_terminal_and_leaves_nothing_behind() -> None:
    lines = [f"reading rosters {each}/6" for each in (3, 4, 5)]

    assert on_a_terminal() == "".join(f"{CLEAR}{line}" for line in lines) + CLEAR


@pytest.mark.process
def test_an_interrupted_load_leaves_the_line_to_what_comes_next() -> None:
    assert on_a_terminal("interrupt").endswith(f"{CLEAR}Interrupted.")


def test_nothing_is_written_where_there_is_no_terminal(
    ticks: Iterator[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with reading(quiet=False, clock=lambda: next(ticks)) as told:
        told(1, 2)

    assert capsys.readouterr() == ("", "")


def test_a_load_tells_of_every_file(tmp_path: Path) -> None:
    for each in "abc":
        (tmp_path / f"{each}.yaml").write_text(ROOM.format(each))
    heard: list[tuple[int, int]] = []

    load([tmp_path], {}, told=lambda read, of: heard.append((read, of)))

    assert heard == [(0, 3), (1, 3), (2, 3)]
