"""Recomputes effective rosters after overrides and boundaries."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from sqlalchemy import Connection, func, select

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Declaration, Override, Pin, RevisionKind
from reconciler.model.ledger import Approval
from reconciler.planning.effective import lasting, superseded
from reconciler.store.database.among import one_of_texts
from reconciler.store.database.answers import AnyRow, rows_of
from reconciler.store.database.database import allow_pauses, take_advisory_lock
from reconciler.store.queries import overrides
from reconciler.store.queries.approval_grants import grant
from reconciler.store.queries.declaration_document import pin_of
from reconciler.store.queries.effective_state import state
from reconciler.store.queries.events import record_decision, tell
from reconciler.store.queries.generation import write_differences
from reconciler.store.queries.marks import mark
from reconciler.store.queries.operator_decision import Decision, with_reason
from reconciler.store.queries.override_row import ended_event, set_event
from reconciler.store.queries.roster_changes import load_within
from reconciler.store.queries.stored_declaration import declarations_of
from reconciler.store.tables import rosters

BY_ITSELF = "its end"
"""The cause of an override's end that nobody asked for."""

OVER = "it has expired."


class Declared(Struct, frozen=True):
    """What is declared of a room, with the overrides that stand, oldest first.

    ``pin`` says that it is an earlier generation's, not the file's.
    """

    declaration: Declaration
    overrides: tuple[Override, ...]
    generation: int
    standing: Standing
    pin: Pin | None = None


def advance(
    connection: Connection, now: float, due_by: float | None = None
) -> tuple[str, ...]:
    """Let what counts at *now* count where it is due; see ``engine.ports.Store``.

    With *due_by* also where it is due by then.
    """
    take_advisory_lock(connection)
    mine = due(connection, now if due_by is None else due_by)
    allow_pauses(connection, len(mine))
    chosen = select(rosters).where(one_of_texts(rosters.c.room, mine))
    rows = {row.room: row for row in connection.execute(chosen.with_for_update())}
    changed = _restate(connection, rows, now, "schedule", RevisionKind.SCHEDULE)
    mark(connection, changed, now, "schedule")
    return tuple(sorted(changed))


def due(connection: Connection, now: float) -> tuple[str, ...]:
    """The managed rooms whose roster's time is over at *now*."""
    chosen = select(rosters.c.room).where(
        rosters.c.effective_until <= now, rosters.c.standing != Standing.RELEASED
    )
    return tuple(connection.scalars(chosen))


def next_boundary(connection: Connection) -> float | None:
    """When the time of a managed room's roster is over first, None if never."""
    soonest = select(func.min(rosters.c.effective_until))
    managed = rosters.c.standing != Standing.RELEASED
    return connection.scalar(soonest.where(managed))


def add_overrides(
    connection: Connection, drafts: Sequence[Override], now: float
) -> tuple[Override, ...]:
    """Let a person's overrides count from now on; () if their room is not managed.

    All *drafts* are of one room; their ids are given here.
    """
    take_advisory_lock(connection)
    row = managed(connection, drafts[0].room)
    if row is None:
        return ()
    older = overrides.standing(connection, [row.room]).get(row.room, ())
    made = overrides.add(connection, drafts)
    for new in made:
        gone = list(superseded(older, new))
        older = tuple(override for override in older if override not in gone)
        overrides.end(connection, gone, now, new.who)
        why = f"replaced by override {new.id}."
        tell(
            connection, [ended_event(override, now, new.who, why) for override in gone]
        )
        record_decision(connection, set_event(new, row.generation))
    _restate(connection, {row.room: row}, now, made[0].who, RevisionKind.OVERRIDE)
    mark(connection, [row.room], now, made[0].who)
    return made


def end_room(
    connection: Connection,
    draft: Override,
    approval: Approval | None,
    generation: int,
    now: float,
) -> tuple[Override | None, bool]:
    """Let an ``end`` and its approval count; see ``Store.end_room``."""
    made = add_overrides(connection, [draft], now)
    if not made:
        return None, False
    if approval is None:
        return made[0], True
    return made[0], grant(connection, draft.room, approval, generation, now)


def end_overrides(
    connection: Connection, decision: Decision, ids: Collection[int]
) -> tuple[Override, ...]:
    """End overrides of a room by a person's decision; those that stood until now."""
    room, now, cause = decision.room, decision.now, decision.cause
    take_advisory_lock(connection)
    row = managed(connection, room)
    stand = overrides.standing(connection, [room]).get(room, ())
    ended = tuple(override for override in lasting(stand, now) if override.id in ids)
    if row is None or not ended:
        return ()
    overrides.end(connection, ended, now, cause)
    for override in ended:
        why = with_reason(f"unset by {cause}.", decision.reason)
        event = ended_event(override, now, cause, why)
        record_decision(connection, event)
    _restate(connection, {room: row}, now, cause, RevisionKind.OVERRIDE)
    mark(connection, [room], now, cause)
    return ended


def managed(connection: Connection, room: str) -> AnyRow | None:
    """The row of a room, locked; None if it was released or is not known."""
    chosen = select(rosters).where(
        rosters.c.room == room, rosters.c.standing != Standing.RELEASED
    )
    return connection.execute(chosen.with_for_update()).one_or_none()


def _restate(
    connection: Connection,
    rows: Mapping[str, AnyRow],
    now: float,
    cause: str,
    kind: RevisionKind,
) -> list[str]:
    """Write what counts at *now* in the rooms of *rows*; those that changed.

    Callers mark them. The end of an override by itself is an override's change,
    whatever *kind* is.
    """
    if not rows:
        return []
    words = overrides.standing(connection, rows)
    kinds = dict.fromkeys(rows, kind)
    for room, mine in words.items():
        left = lasting(mine, now)
        over = [override for override in mine if override not in left]
        overrides.end(connection, over, now, BY_ITSELF)
        tell(connection, [ended_event(x, now, BY_ITSELF, OVER) for x in over])
        kinds[room] = RevisionKind.OVERRIDE if over else kind
    stated = [
        state(
            declaration,
            words.get(room, ()),
            now,
            edited=False,
            pin=pin_of(rows[room].pin),
        )
        for room, declaration in declarations_of(connection, rows).items()
    ]
    loads = {
        room: load_within(row, Decision(room, now, cause), kinds[room])
        for room, row in rows.items()
    }
    return write_differences(connection, stated, rows, loads)


def declared(
    connection: Connection, rooms: Collection[str] | None, now: float
) -> dict[str, Declared]:
    """What is declared of *rooms*, or of all, with what lasts at *now* on top."""
    chosen = select(rosters)
    if rooms is not None:
        chosen = chosen.where(one_of_texts(rosters.c.room, rooms))
    rows = {row.room: row for row in rows_of(connection.execute(chosen))}
    words = overrides.standing(connection, rows)
    return {
        room: Declared(
            declaration,
            lasting(words.get(room, ()), now),
            rows[room].generation,
            Standing(rows[room].standing),
            pin_of(rows[room].pin),
        )
        for room, declaration in declarations_of(connection, rows).items()
    }
