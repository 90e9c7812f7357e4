"""A person restores an earlier generation of a room, or what its file declares."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select

from reconciler.model.declaration import Declaration, Pin, RevisionKind
from reconciler.model.errors import StoreError
from reconciler.model.event import Event
from reconciler.planning.describe import quoted
from reconciler.store.database.answers import AnyRow
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.queries import overrides, withholding
from reconciler.store.queries.declaration_document import declaration_digest, pin_of
from reconciler.store.queries.effective_rosters import managed
from reconciler.store.queries.effective_state import read_at, state
from reconciler.store.queries.events import record_decision
from reconciler.store.queries.generation import write_generations
from reconciler.store.queries.marks import mark
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.revision_row import Revision, revision_of_row
from reconciler.store.queries.roster_changes import (
    declared_now,
    file_declared,
    load_within,
)
from reconciler.store.queries.stored_room import LoadContext
from reconciler.store.tables import revisions


class Rollback(Struct, frozen=True):
    """A person's wish to have *generation* of *room* declared again."""

    room: str
    generation: int
    who: str
    reason: str = ""


def rollback(connection: Connection, wanted: Rollback, now: float) -> int | None:
    """Declare an earlier generation again; the generation that this makes.

    None, and nothing is written, where the room is not managed, has no such
    generation on record, or is declared like that already.
    """
    take_advisory_lock(connection)
    row = managed(connection, wanted.room)
    revision = _revision(connection, wanted.room, wanted.generation)
    if row is None or revision is None or same_declared(row, revision):
        return None
    pin = pin_for(row, revision, wanted, now)
    decision = Decision(wanted.room, now, wanted.who, wanted.reason)
    load = load_within(row, decision, RevisionKind.ROLLBACK)
    load = replace(load, restored=wanted.generation)
    record_decision(connection, rolled_back_event(row, pin, wanted, now))
    return _restore(connection, row, revision.declaration, pin, load)


def unpin(connection: Connection, decision: Decision) -> int | None:
    """Let the file count again; the generation that this makes.

    None, and nothing is written, where the room is not managed or nothing is pinned.
    """
    room = decision.room
    take_advisory_lock(connection)
    row = managed(connection, room)
    pin = None if row is None else pin_of(row.pin)
    if row is None or pin is None:
        return None
    revision = _revision(connection, room, pin.file_generation)
    if revision is None:
        raise StoreError(f"Generation {pin.file_generation} of '{room}' is missing.")
    load = load_within(row, decision, RevisionKind.UNPIN)
    record_decision(connection, unpinned_event(room, pin, load))
    return _restore(connection, row, revision.declaration, None, load)


def _restore(
    connection: Connection,
    row: AnyRow,
    declaration: Declaration,
    pin: Pin | None,
    load: LoadContext,
) -> int:
    """Write the next generation, as an edit of the file would."""
    room: str = row.room
    words = overrides.standing(connection, [room]).get(room, ())
    here = read_at(declaration, row.source)
    stated = state(here, words, load.now, edited=True, pin=pin)
    write_generations(connection, [stated], {room: row}, {room: load})
    withholding.reset(connection, [room])
    mark(connection, [room], load.now, load.cause)
    return int(row.generation) + 1


def _revision(connection: Connection, room: str, generation: int) -> Revision | None:
    chosen = select(revisions).where(
        revisions.c.room == room, revisions.c.generation == generation
    )
    row = connection.execute(chosen).one_or_none()
    return None if row is None else revision_of_row(row)


def same_declared(row: AnyRow, revision: Revision) -> bool:
    """Whether a room is declared as in *revision* already."""
    return declared_now(row) == declaration_digest(revision.declaration)


def pin_for(
    row: AnyRow, revision: Revision, wanted: Rollback, now: float
) -> Pin | None:
    """What holds *revision*; None where it is what the file declares."""
    pin, declared = pin_of(row.pin), file_declared(row)
    if declaration_digest(revision.declaration) == declared:
        return None
    return Pin(
        generation=wanted.generation,
        at=now,
        who=wanted.who,
        reason=wanted.reason,
        file_generation=int(row.generation) if pin is None else pin.file_generation,
        file_declared=declared,
    )


def rolled_back_event(
    row: AnyRow, pin: Pin | None, wanted: Rollback, now: float
) -> Event:
    """The event of a rollback."""
    holds = (
        "which is what the file declares"
        if pin is None
        else "pinned until the file changes, or "
        f"'reconciler unpin {quoted(wanted.room)}'"
    )
    reason = f": {wanted.reason}" if wanted.reason else ""
    return Event(
        room=wanted.room,
        at=now,
        kind="roster.rolled-back",
        message=f"Rolled back to generation {wanted.generation}, {holds}{reason}",
        cause=wanted.who,
        generation=int(row.generation) + 1,
    )


def unpinned_event(room: str, pin: Pin, load: LoadContext) -> Event:
    """The event of a pin that a person took back, or that the file's change ended."""
    file = load.kind is RevisionKind.FILE
    why = "the file changed and counts now" if file else "the file counts again"
    reason = f": {load.reason}" if load.reason else ""
    return Event(
        room=room,
        at=load.now,
        kind="roster.unpinned",
        message=f"Generation {pin.generation}, which {pin.who} pinned, no longer "
        f"counts; {why}{reason}",
        cause=load.cause,
    )


def lifted(
    edited: Iterable[str], stored: Mapping[str, AnyRow], load: LoadContext
) -> Iterator[Event]:
    """The events of pins that end because the files of the rooms *edited* changed."""
    for room in edited:
        pin = pin_of(stored[room].pin) if room in stored else None
        if pin is not None:
            yield unpinned_event(room, pin, load)
