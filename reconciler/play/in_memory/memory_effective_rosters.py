"""``store.queries.effective_rosters`` over the tables in memory."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Override, RevisionKind
from reconciler.planning.effective import lasting, superseded
from reconciler.play.in_memory.memory_loading import revise_room
from reconciler.play.in_memory.memory_tables import HeapRow, Tables
from reconciler.store.queries.declaration_document import pin_of
from reconciler.store.queries.effective_rosters import BY_ITSELF, OVER, Declared
from reconciler.store.queries.effective_state import state
from reconciler.store.queries.operator_decision import Decision, with_reason
from reconciler.store.queries.override_row import ended_event, set_event
from reconciler.store.queries.roster_changes import load_within
from reconciler.store.queries.roster_row import digest_of

if TYPE_CHECKING:
    from reconciler.store.database.answers import AnyRow


def due(tables: Tables, now: float) -> list[str]:
    """The managed rooms whose roster's time is over at *now*, sorted."""
    return sorted(
        room
        for room, row in tables.rosters.items()
        if row.effective_until is not None
        and row.effective_until <= now
        and row.standing != Standing.RELEASED
    )


def next_boundary(tables: Tables) -> float | None:
    """When the time of a managed room's roster is over first, None if never."""
    rows = (x for x in tables.rosters.values() if x.standing != Standing.RELEASED)
    times = (row.effective_until for row in rows)
    return min((time for time in times if time is not None), default=None)


def advance(tables: Tables, now: float, due_by: float | None = None) -> tuple[str, ...]:
    """Let what counts at *now* count where it is due; the rooms that changed."""
    rooms = due(tables, now if due_by is None else due_by)
    kind = RevisionKind.SCHEDULE
    return tuple(x for x in rooms if _restate(tables, x, now, "schedule", kind))


def add_overrides(
    tables: Tables, drafts: Sequence[Override], now: float
) -> tuple[Override, ...]:
    """Let a person's words count from now on; () if their room is not managed."""
    row = managed(tables, drafts[0].room)
    if row is None:
        return ()
    return tuple(_add(tables, override, row, now) for override in drafts)


def _add(tables: Tables, draft: Override, row: HeapRow, now: float) -> Override:
    tables.last_override += 1
    new = replace(draft, id=tables.last_override)
    gone = superseded(tables.standing(new.room), new)
    _end(tables, gone, now, new.who, f"replaced by override {new.id}.")
    tables.overrides[new.id] = new
    tables.tell([set_event(new, row.generation)])
    _restate(tables, new.room, now, new.who, RevisionKind.OVERRIDE)
    return new


def end_overrides(
    tables: Tables, decision: Decision, ids: Collection[int]
) -> tuple[Override, ...]:
    """End overrides of a room by an operator's decision; those that stood until now."""
    room, now, cause = decision.room, decision.now, decision.cause
    stand = lasting(tables.standing(room), now)
    ended = tuple(override for override in stand if override.id in ids)
    if managed(tables, room) is None or not ended:
        return ()
    why = with_reason(f"unset by {cause}.", decision.reason)
    _end(tables, ended, now, cause, why)
    _restate(tables, room, now, cause, RevisionKind.OVERRIDE)
    return ended


def declared(
    tables: Tables, rooms: Collection[str] | None, now: float
) -> dict[str, Declared]:
    """What is declared of *rooms*, or of all, with what lasts at *now* on top."""
    return {
        room: Declared(
            tables.declarations[room],
            lasting(tables.standing(room), now),
            row.generation,
            Standing(row.standing),
            pin_of(row.pin),
        )
        for room, row in tables.rosters.items()
        if rooms is None or room in rooms
    }


def managed(tables: Tables, room: str) -> HeapRow | None:
    row = tables.rosters.get(room)
    return None if row is None or row.standing == Standing.RELEASED else row


def _end(
    tables: Tables, ended: Iterable[Override], now: float, cause: str, why: str
) -> None:
    for override in ended:
        del tables.overrides[override.id]
        tables.tell([ended_event(override, now, cause, why)])


def _restate(
    tables: Tables, room: str, now: float, cause: str, kind: RevisionKind
) -> bool:
    """Write what counts at *now*; whether the roster changed."""
    words = lasting(tables.standing(room), now)
    over = [override for override in tables.standing(room) if override not in words]
    _end(tables, over, now, BY_ITSELF, OVER)
    row, declaration = tables.rosters[room], tables.declarations[room]
    stated = state(declaration, words, now, edited=False, pin=pin_of(row.pin))
    if digest_of(stated.roster) == row.content:
        columns = stated.columns
        if over or any(getattr(row, x) != columns[x] for x in columns):
            tables.changed(room)
            tables.decide(room, **columns)
        return False
    tables.changed(room)
    kind = RevisionKind.OVERRIDE if over else kind
    revise_room(
        tables,
        stated,
        load_within(cast("AnyRow", row), Decision(room, now, cause), kind),
    )
    return True
