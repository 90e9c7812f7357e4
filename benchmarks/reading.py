"""Reads roster files as the product does, and as a bare parser does."""

import sys
from pathlib import Path

import yaml

from benchmarks.worker import Result, Stopwatch, obey
from benchmarks.world import document, room
from reconciler.files import load

PEOPLE = 50


def write_files(home: Path, parts: int, files: int) -> None:
    """So many folders with so many files of one room each."""
    for part in range(parts):
        to = home / str(part)
        to.mkdir(parents=True)
        for number in range(files):
            text = document(room(part * files + number, PEOPLE))
            (to / f"room-{number:04d}.yaml").write_text(text, "utf-8")


def main() -> None:
    """Do either whenever told to."""
    home = Path(sys.argv[1])

    def loading(part: int) -> Result:
        watch = Stopwatch()
        return watch.result(len(load([home / str(part)], {}).rosters))

    def composing(part: int) -> Result:
        watch = Stopwatch()
        files = sorted((home / str(part)).iterdir())
        for path in files:
            yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        return watch.result(len(files))

    obey({"load": loading, "compose": composing}, {})


if __name__ == "__main__":
    main()
