"""What a load does with each room: load, keep as it was, refuse or release. Pure."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Declaration
from reconciler.model.load_result import Loaded, RoomHome
from reconciler.model.roster import Roster
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.refused_files import holds, path_of
from reconciler.store.queries.roster_changes import where
from reconciler.store.queries.row import Columns
from reconciler.store.queries.stored_room import LoadContext


class Partition(Struct, frozen=True):
    """The rooms of a load and of its folder, each in one of these.

    ``declarations`` are to be loaded, ``held`` keep their roster because their file
    is refused, ``foreign`` belong to another folder, ``taken`` do and move here,
    ``gone`` are to be released.
    """

    declarations: tuple[Declaration, ...]
    held: tuple[AnyRow, ...]
    foreign: tuple[RoomHome, ...]
    taken: tuple[RoomHome, ...]
    gone: tuple[AnyRow, ...]

    def loaded(self, written: Collection[str], known: Collection[str]) -> Loaded:
        """The outcome, when the rooms *written* differed from those *known*."""
        rooms = {declaration.room for declaration in self.declarations}
        return Loaded(
            added=tuple(sorted(room for room in written if room not in known)),
            changed=tuple(sorted(room for room in written if room in known)),
            unchanged=tuple(sorted(rooms.difference(written))),
            released=tuple(sorted(row.room for row in self.gone)),
            held=tuple(sorted(row.room for row in self.held)),
            foreign=tuple(sorted(self.foreign, key=lambda home: home.room)),
            taken=tuple(sorted(self.taken, key=lambda home: home.room)),
        )


def partition(
    stored: Mapping[str, AnyRow], desired: Sequence[Declaration], load: LoadContext
) -> Partition:
    """Sort the rooms *desired*, and those *stored*, by what the load does.

    declared here, by no folder before           loaded
    declared here, by the same folder            loaded
    declared here, by another folder before      foreign, unless taken over
    not declared here, its file is refused       held
    not declared here, loaded from this folder   gone
    """
    others = [
        RoomHome(declaration.room, home)
        for declaration in desired
        if (home := _other_home(stored.get(declaration.room), load)) is not None
    ]
    foreign, taken = ((), others) if load.report.take_over else (others, ())
    names = {each.room for each in foreign}
    declarations = tuple(
        declaration for declaration in desired if declaration.room not in names
    )
    declared = {declaration.room for declaration in desired}
    missing = [
        row
        for room, row in stored.items()
        if row.standing != Standing.RELEASED and room not in declared
    ]
    held = [row for row in missing if holds(load.report, row.room, path_of(row))]
    kept = {row.room for row in held}
    gone = [row for row in missing if row.room not in kept and _lost(row, load)]
    return Partition(
        declarations, tuple(held), tuple(foreign), tuple(taken), tuple(gone)
    )


def _lost(row: AnyRow, load: LoadContext) -> bool:
    return load.folder is not None and row.folder == load.folder


def _other_home(row: AnyRow | None, load: LoadContext) -> str | None:
    """The folder that declares a stored room and is not the one that is loaded."""
    if row is None or row.folder is None or row.standing == Standing.RELEASED:
        return None
    home = str(row.folder)
    path = load.report.paths.get(row.room, "")
    same = home == load.folder or path.startswith(f"{home}/")
    moved = home in load.report.same_homes
    return None if same or moved or not (load.folder or path) else home


def placed(roster: Roster, row: AnyRow, load: LoadContext) -> Columns:
    """What differs of where a roster with the same content comes from."""
    columns = {**where(roster, load), "source": roster.source}
    if load.folder is None:
        columns["folder"] = row.folder
    return {
        name: value for name, value in columns.items() if getattr(row, name) != value
    }
