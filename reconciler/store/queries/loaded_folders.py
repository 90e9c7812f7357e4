"""What folders held when they were loaded last, and what came of it."""

from hashlib import blake2b

from msgspec import to_builtins
from sqlalchemy import Connection, bindparam, select

from reconciler.engine.desired_room import Standing
from reconciler.model.load_result import Loaded, LoadedFolder
from reconciler.store.database.answers import rows_of
from reconciler.store.database.typed_values import as_type
from reconciler.store.database.upsert import upsert
from reconciler.store.queries.roster_changes import file_declared
from reconciler.store.queries.stored_room import LoadContext
from reconciler.store.tables import loaded_folders, refused_files, rosters


def record(connection: Connection, load: LoadContext, loaded: Loaded) -> None:
    """Record what a load of a folder rested on, where another one would change nothing."""
    report, of = load.report, load.report.folder
    undone = loaded.held or loaded.foreign or report.refused or report.quiet_at
    if load.folder is None or of is None or undone:
        return
    stored = {"stored": _stored(connection), "document": to_builtins(of)}
    row = connection.execute(_KNOWN, {"of": load.folder}).one_or_none()
    if row is None or row._asdict() != stored:
        upsert(connection, loaded_folders, [{"folder": load.folder, **stored}])


def unchanged(connection: Connection, folder: str) -> LoadedFolder | None:
    """What *folder* held when it was loaded last, if all rooms are as that load left them.

    None also where it was not recorded.
    """
    row = connection.execute(_KNOWN, {"of": folder}).one_or_none()
    if row is None or row.stored != _stored(connection):
        return None
    return as_type(row.document, LoadedFolder)


_KNOWN = select(loaded_folders.c.stored, loaded_folders.c.document).where(
    loaded_folders.c.folder == bindparam("of")
)


def _stored(connection: Connection) -> str:
    """A hash of all that a load compares with what files say."""
    found = blake2b(digest_size=32)
    for row in rows_of(connection.execute(_COMPARED)):
        released = row.standing == Standing.RELEASED
        said = (
            *(row.room, row.folder, row.path, row.quiet_at, row.source),
            *(released, row.released_by, row.pin is None, file_declared(row)),
        )
        found.update(repr(said).encode())
    for path in connection.scalars(_REFUSED):
        found.update(repr(path).encode())
    return found.hexdigest()


_COMPARED = select(
    rosters.c.room,
    rosters.c.folder,
    rosters.c.path,
    rosters.c.quiet_at,
    rosters.c.source,
    rosters.c.standing,
    rosters.c.released_by,
    rosters.c.pin,
    rosters.c.declared,
    rosters.c.content,
).order_by(rosters.c.room)
_REFUSED = select(refused_files.c.path).order_by(refused_files.c.path)
