"""The steps of docs/jobs.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(
    r"^\| (?:in `(\S+)`: )?`([^`]+)`(?: → `([^`]+)`)? \| (\d+) \|", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command, or an edit of *file* from *text* to *after*; *keys* as documented."""

    file: str
    text: str
    after: str
    keys: int

    @property
    def counted(self) -> int:
        """The keys that are pressed."""
        if not self.file:
            return len(self.text) + 1
        start = _same(self.text, self.after)
        old, new = self.text[start:], self.after[start:]
        end = _same(old[::-1], new[::-1])
        return len(old) + len(new) - 2 * end


def _same(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def jobs() -> dict[str, list[Step]]:
    """The steps of each job, by its heading."""
    text = (ROOT / "docs/jobs.md").read_text("utf-8")
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)[1:]
    return {
        heading: list(_steps(part))
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
    }


def _steps(part: str) -> Iterator[Step]:
    for file, text, after, keys in ROW.findall(part):
        yield Step(file, text, after, int(keys))
