"""What a load makes of the tables in memory, and each generation of a room."""

from collections.abc import Mapping, Sequence
from typing import cast

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Declaration
from reconciler.model.errors import StoreError
from reconciler.model.event import Event
from reconciler.model.ledger import (
    GuardKind,
)
from reconciler.model.load_result import Loaded
from reconciler.model.roster import Roster
from reconciler.play.in_memory.memory_tables import HeapRow, Tables
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.approval_grants import kept, voided
from reconciler.store.queries.declaration_document import pin_of
from reconciler.store.queries.effective_state import (
    Stated,
    as_declaration,
    read_at,
    state,
)
from reconciler.store.queries.left_calls import last_calls
from reconciler.store.queries.load_partition import partition, placed
from reconciler.store.queries.pinning import lifted
from reconciler.store.queries.revision_row import Revision
from reconciler.store.queries.roster_changes import RowBatch, differs, is_edit, revise
from reconciler.store.queries.stored_room import LoadContext, StoredRoom


def load(
    tables: Tables, desired: Sequence[Roster | Declaration], told: LoadContext
) -> Loaded:
    """Make *desired* the desired state; see ``engine.ports.Store.load``."""
    stored = tables.rosters.copy()
    declared = [as_declaration(each) for each in desired]
    parts = partition(cast("Mapping[str, AnyRow]", stored), declared, told)
    changed = [d for d in parts.declarations if differs(d, _row(stored.get(d.room)))]
    written = {each.room for each in changed}
    for each in changed:
        row = _row(stored.get(each.room))
        declaration, pin = each, pin_of(row.pin) if row else None
        if is_edit(each, row):
            pin = None
            known = cast("Mapping[str, AnyRow]", stored)
            tables.tell(lifted([each.room], known, told))
        elif pin is not None:
            declaration = read_at(tables.declarations[each.room], each.roster.source)
        words = tables.standing(each.room)
        stated = state(declaration, words, told.now, edited=True, pin=pin)
        before = revise_room(tables, stated, told)
        if is_edit(each, row):
            for kind in before.touched_by(stated.roster):
                tables.withheld.pop((each.room, kind), None)
    for each in parts.declarations:
        if each.room not in written:
            _move(tables, each, told)
    for row in parts.gone:
        _release(tables, row.room, told)
    tables.changed(*written, *(row.room for row in parts.gone))
    return parts.loaded(written, stored)


def _move(tables: Tables, declaration: Declaration, told: LoadContext) -> None:
    room = declaration.room
    row, roster = tables.rosters[room], declaration.roster
    columns = placed(roster, cast("AnyRow", row), told)
    if columns:
        here = replace(tables.declared[room], source=roster.source)
        tables.declared[room] = here
        tables.declarations[room] = read_at(tables.declarations[room], roster.source)
        tables.decide(room, **columns)
        tables.changed(room)


def _row(row: HeapRow | None) -> AnyRow | None:
    return cast("AnyRow | None", row)


def revise_room(tables: Tables, stated: Stated, told: LoadContext) -> StoredRoom:
    """Write the next generation of a room; the room as it was."""
    roster, stored = stated.roster, tables.rosters.get(stated.room)
    entries = {
        label: cast("AnyRow", row)
        for (room, label), row in tables.members.items()
        if room == roster.room
    }
    attempts = [x for x in tables.attempts.values() if x.room == roster.room]
    attempts.sort(key=lambda attempt: attempt.id)
    calls = last_calls(attempts, told.now, edited=stated.edited)
    guarded = (roster.room, GuardKind.EXPOSURES) in tables.withheld
    rows = RowBatch()
    calling = any(attempt.open for attempt in attempts)
    before = StoredRoom(_row(stored), entries, calls, guarded, calling)
    revise(rows, stated, before, told)
    for columns in rows.rosters:
        tables.rosters[roster.room] = HeapRow(**columns)
    for columns in rows.members:
        if not columns["label"]:
            raise StoreError("A member has no label.")
        tables.members[roster.room, columns["label"]] = HeapRow(**columns)
    for columns in rows.revisions:
        bare = replace(roster, source="")
        base = replace(stated.declaration.roster, source="")
        declaration = replace(stated.declaration, roster=base)
        generation = columns["generation"]
        revision = Revision(
            bare,
            generation,
            told.now,
            told.cause,
            declaration,
            told.kind,
            told.reason,
            told.restored,
        )
        tables.revisions.append((roster.room, revision))
    tables.declared[roster.room] = roster
    tables.declarations[roster.room] = stated.declaration
    tables.tell(Event(**columns) for columns in rows.events)
    _keep_approval(tables, before, roster, told)
    return before


def _keep_approval(
    tables: Tables, before: StoredRoom, after: Roster, told: LoadContext
) -> None:
    """Keep of a room's approval what its next roster leaves approved."""
    approval = tables.approvals.get(after.room)
    left = None if approval is None else kept(approval, before.declared, after)
    if left is not None and left != approval:
        tables.approvals[after.room] = left
        generation = tables.rosters[after.room].generation
        tables.tell(voided(after.room, left, told, generation))


def _release(tables: Tables, room: str, told: LoadContext) -> None:
    row = tables.decide(room, standing=str(Standing.RELEASED), released_by=None)
    message = "Its file left the folder: nobody is hung up."
    generation = row.generation if row else None
    tables.tell(
        [
            Event(
                room,
                told.now,
                "room.released",
                message,
                cause=told.cause,
                generation=generation,
            )
        ]
    )
