"""What every peer is told: where the server is, and which rooms to check."""

import argparse
from dataclasses import dataclass

from benchmarks.world import World


@dataclass(frozen=True, slots=True)
class Task:
    """Check the first ``rooms`` of a world; databases go to ``path``."""

    url: str
    world: World
    rooms: int
    path: str

    @property
    def port(self) -> int:
        """The server's."""
        return int(self.url.rpartition(":")[2])


def arguments() -> Task:
    """The task that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--world", type=int, nargs=2, required=True)
    parser.add_argument("--rooms", type=int, required=True)
    parser.add_argument("--path", default="")
    given = parser.parse_args()
    return Task(given.url, World(*given.world), given.rooms, given.path)
