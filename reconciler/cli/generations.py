"""Generations of a room as commands name and show them."""

from collections.abc import Sequence

from msgspec import Struct

from reconciler.cli.moment_text import moment
from reconciler.engine.desired_room import Desired, Standing
from reconciler.model.declaration import RevisionKind
from reconciler.model.errors import SettingError
from reconciler.planning.comparison import Compared
from reconciler.planning.describe import quoted
from reconciler.planning.effective import effective
from reconciler.store.queries.effective_rosters import Declared
from reconciler.store.queries.revision_row import Revision


class RoomRevision(Struct, frozen=True):
    """``ROOM@3``, or ``ROOM`` alone: what is declared now (``generation`` None)."""

    room: str
    generation: int | None


def parse_revision(text: str, rooms: Sequence[str]) -> RoomRevision:
    """What *text* names; a room whose name ends like a revision is that room."""
    room, _, number = text.rpartition("@")
    if text in rooms or not room or not number.isdecimal():
        return RoomRevision(text, None)
    return RoomRevision(room, int(number))


def require_generation(
    room: str, generation: int, revisions: Sequence[Revision]
) -> Revision:
    """The revision; SettingError if the room has none, or not any longer."""
    for revision in revisions:
        if revision.generation == generation:
            return revision
    newest, oldest = revisions[-1].generation, revisions[0].generation
    listed = f"'reconciler history {quoted(room)}' lists those on record"
    if 1 <= generation <= newest:
        raise SettingError(
            f"generation {generation} of '{room}' is no longer on record: generations "
            f"are kept for 90 days (oldest: {oldest}). {listed}"
        )
    raise SettingError(
        f"'{room}' has no generation {generation} (newest: {newest}). {listed}"
    )


def compared(revision: Revision) -> Compared:
    """*revision* as one side of a comparison."""
    return Compared(revision.roster, revision.declaration)


def counting(desired: Desired, found: Declared, at: float) -> Compared:
    """What counts in a room at *at*, to be compared; a released one is as it was."""
    if desired.standing is Standing.RELEASED:
        return Compared(desired.roster, found.declaration)
    roster = effective(found.declaration, found.overrides, at).roster
    return Compared(roster, found.declaration)


def generation_line(revision: Revision) -> str:
    """When a generation was made, by what and whom, and why."""
    why = f": {revision.reason}" if revision.reason else ""
    by = "" if revision.cause == revision.kind else f" by {revision.cause}"
    return f"{moment(revision.loaded_at)}  {_made(revision)}{by}{why}"


def _made(revision: Revision) -> str:
    if revision.kind is RevisionKind.ROLLBACK:
        return f"rollback to {revision.restored}"
    return "made" if revision.kind is None else str(revision.kind)
