"""A sync of one room on a disk whose power goes, and the next sync on what is left."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.errors import StoreError
from reconciler.model.roster import Member, Roster
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.people import People, Subscriber
from tests.engine.caller import ROOM, Caller
from tests.engine.world import World, run
from tests.power.disk import Disk
from tests.power.vfs import witnessed
from tests.simulation.bridge import sqlite
from tests.sqlite_file import with_tables

_FILE = "store.db"
_NUMBERS = {label: f"+155512300{at:02}" for at, label in enumerate("abc", 1)}
DECLARED = Roster(
    ROOM, tuple(Member(x, to, "+15005550006") for x, to in _NUMBERS.items())
)
_UNSEEN = Switches(list_shows_ringing=False, label_held_while_ringing=False)
"""Nothing but the database says that a phone rings."""
_PEOPLE = People({to: Subscriber(answers_after=4.0) for to in _NUMBERS.values()})


class Moment(NamedTuple):
    """What is before a change of a file: syncs of the disk, and creates that left.

    Where both are equal, a power loss leaves the same behind.
    """

    syncs: int
    creates: int


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Whom Twilio rang and what the database has of it after the second sync."""

    rung: Counter[str | None]
    attempted: Counter[str | None]
    result: ReconcileResult
    error: StoreError | None

    @property
    def sound(self) -> bool:
        """Nobody rang twice or unrecorded; the room converged or names a decision."""
        waiting = self.result.evaluation.plan.waiting
        asks = any("resolve" in each.reason for each in waiting)
        at_rest = RoomPhase.STALLED if asks else RoomPhase.CONVERGED
        once = all(count == 1 for count in self.rung.values())
        return once and self.rung <= self.attempted and self.result.state is at_rest


def moments(folder: Path, *, sharing: bool = True) -> list[Moment]:
    """The moment of each change of a file in a sync that nothing disturbs."""
    disk, found = Disk(), list[Moment]()

    async def story() -> None:
        with sqlite(folder / _FILE) as store:
            caller = new_caller(new_world(), store)

            def note() -> None:
                found.append(Moment(disk.syncs, len(caller.wire.began)))

            disk.before_change = note
            await caller.follow_all(within=30)

    _declare(folder, sharing=sharing)
    with witnessed(disk, folder, sharing=sharing):
        run(story)
    return found


def aftermath(
    folder: Path,
    disk: Disk,
    chance: random.Random | None = None,
    *,
    sharing: bool = True,
) -> Aftermath:
    """A sync on *disk*, and another on what it holds then."""
    found: list[Aftermath] = []

    async def story() -> None:
        world = new_world()
        with witnessed(disk, folder, sharing=sharing):
            error = await _disturbed(world, folder, disk)
        after = _restored(folder, disk, chance)
        with witnessed(Disk(), after.parent, sharing=sharing), sqlite(after) as store:
            results = await new_caller(world, store).follow_all(within=60)
        world.exchange.catch_up()
        rung = Counter(each.label for each in world.exchange.history.rings)
        found.append(Aftermath(rung, _attempted(after), results[ROOM], error))

    _declare(folder, sharing=sharing)
    run(story)
    return found[0]


def _restored(folder: Path, disk: Disk, chance: random.Random | None) -> Path:
    """The database of the second sync: another file only if the power was gone."""
    if not disk.off:
        return folder / _FILE
    after = folder / "after"
    after.mkdir()
    disk.restore(after, chance)
    return after / _FILE


async def _disturbed(world: World, folder: Path, disk: Disk) -> StoreError | None:
    """What a sync raises; once the power is gone no request leaves."""
    with sqlite(folder / _FILE) as store:
        caller = new_caller(world, store)

        def stop(_: int) -> None:
            caller.wire.cut = disk.off

        caller.wire.hook = stop
        try:
            await caller.follow_all(within=30)
        except StoreError as error:
            return error
    return None


def _declare(folder: Path, *, sharing: bool) -> None:
    """A database with the room, closed and on the disk."""
    folder.mkdir()
    with closing(sqlite3.connect(with_tables(folder / _FILE))) as database:
        database.execute(f"PRAGMA journal_mode={'WAL' if sharing else 'DELETE'}")

    async def story() -> None:
        with sqlite(folder / _FILE) as store:
            await new_caller(new_world(), store).declare(DECLARED)

    with witnessed(Disk(), folder, sharing=sharing):
        run(story)


def _attempted(path: Path) -> Counter[str | None]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = database.execute("SELECT label FROM attempts").fetchall()
    return Counter(label for (label,) in rows)


def new_world() -> World:
    return World(switches=_UNSEEN, people=_PEOPLE)


def new_caller(world: World, store: Any) -> Caller:
    """A process that calls one phone after another."""
    return Caller(world, store=store, calls_per_second=3.0)
