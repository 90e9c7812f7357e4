"""A converged world, kept so that another test begins with a copy of it."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.state import State

_DATABASE = "reconciler.db"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the exchange and the database of a folder hold.

    The database names the folder, so a copy fits a world in the same folder only.
    """

    state: State
    database: bytes

    @classmethod
    def of(cls, exchange: Exchange, folder: Path) -> Self:
        """As it is now, while no process has the database open."""
        assert not list(folder.glob(f"{_DATABASE}-*"))
        return cls(deepcopy(exchange.state), (folder / _DATABASE).read_bytes())

    def restore(self, exchange: Exchange, folder: Path) -> None:
        """Make exchange and database as they were."""
        exchange.state = deepcopy(self.state)
        (folder / _DATABASE).write_bytes(self.database)
