"""``store.pinning`` over the tables in memory."""

from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from reconciler.model.declaration import Declaration, Pin, RevisionKind
from reconciler.model.event import Event
from reconciler.play.in_memory.memory_effective_rosters import managed
from reconciler.play.in_memory.memory_loading import revise_room
from reconciler.play.in_memory.memory_tables import Tables
from reconciler.store.queries.declaration_document import pin_of
from reconciler.store.queries.effective_state import read_at, state
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import (
    Rollback,
    pin_for,
    rolled_back_event,
    same_declared,
    unpinned_event,
)
from reconciler.store.queries.roster_changes import load_within
from reconciler.store.queries.stored_room import LoadContext

if TYPE_CHECKING:
    from reconciler.store.database.answers import AnyRow


def rollback(tables: Tables, wanted: Rollback, now: float) -> int | None:
    """Declare an earlier generation again; the generation that this makes."""
    row = cast("AnyRow | None", managed(tables, wanted.room))
    revision = tables.revision(wanted.room, wanted.generation)
    if row is None or revision is None or same_declared(row, revision):
        return None
    pin = pin_for(row, revision, wanted, now)
    decision = Decision(wanted.room, now, wanted.who, wanted.reason)
    load = load_within(row, decision, RevisionKind.ROLLBACK)
    event = rolled_back_event(row, pin, wanted, now)
    declaration = read_at(revision.declaration, row.source)
    load = replace(load, restored=wanted.generation)
    return _restore(tables, declaration, pin, load, event)


def unpin(tables: Tables, decision: Decision) -> int | None:
    """Let the file count again; the generation that this makes."""
    room = decision.room
    row = cast("AnyRow | None", managed(tables, room))
    pin = None if row is None else pin_of(row.pin)
    if row is None or pin is None:
        return None
    revision = tables.revision(room, pin.file_generation)
    if revision is None:
        raise LookupError(f"Generation {pin.file_generation} of '{room}' is gone.")
    load = load_within(row, decision, RevisionKind.UNPIN)
    declaration = read_at(revision.declaration, row.source)
    event = unpinned_event(room, pin, load)
    return _restore(tables, declaration, None, load, event)


def _restore(
    tables: Tables,
    declaration: Declaration,
    pin: Pin | None,
    load: LoadContext,
    event: Event,
) -> int:
    room = declaration.room
    words = tables.standing(room)
    tables.tell([event])
    tables.withhold_nothing(room)
    stated = state(declaration, words, load.now, edited=True, pin=pin)
    revise_room(tables, stated, load)
    tables.changed(room)
    generation: int = tables.rosters[room].generation
    return generation
