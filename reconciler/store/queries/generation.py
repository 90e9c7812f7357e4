"""Writes the next generation of rooms, after a load, a decision or a boundary."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, or_, select, update

from reconciler.model.attempt import OPEN, Attempt
from reconciler.model.ledger import GuardKind
from reconciler.store.database.among import one_of_texts
from reconciler.store.database.answers import AnyRow, rows_of
from reconciler.store.database.insert_many import insert_many
from reconciler.store.database.upsert import upsert
from reconciler.store.queries import approval_grants, withholding
from reconciler.store.queries.effective_state import Stated
from reconciler.store.queries.left_calls import UNDONE_SECONDS, last_calls, left_calls
from reconciler.store.queries.roster_changes import RowBatch, revise
from reconciler.store.queries.roster_row import digest_of
from reconciler.store.queries.row import attempt_of
from reconciler.store.queries.stored_room import LoadContext, StoredRoom
from reconciler.store.tables import (
    attempts,
    declarations,
    events,
    members,
    revisions,
    rosters,
)


def write_generations(
    connection: Connection,
    changed: Sequence[Stated],
    stored: Mapping[str, AnyRow],
    loads: Mapping[str, LoadContext],
) -> dict[str, StoredRoom]:
    """Write the next generation of each room of *changed*, whatever it declares.

    The rooms as they were before.
    """
    rows, rooms = RowBatch(), [each.room for each in changed]
    entries, recent = (
        _entries(connection, rooms),
        _recent_of(connection, loads, changed),
    )
    calls = _calls(recent, loads, changed)
    guarded = withholding.read(connection, rooms)
    stood: list[tuple[StoredRoom, Stated]] = []
    for stated in changed:
        room = stated.room
        before = StoredRoom(
            stored.get(room),
            entries.get(room, {}),
            calls.get(room, {}),
            guarded=GuardKind.EXPOSURES in guarded.get(room, {}),
            calling=any(attempt.open for attempt in recent.get(room, ())),
        )
        revise(rows, stated, before, loads[room])
        stood.append((before, stated))
    _write(connection, rows, {*rooms} - entries.keys())
    for before, stated in stood:
        approval_grants.keep(connection, before, stated.roster, loads[stated.room])
    return {stated.room: before for before, stated in stood}


def write_differences(
    connection: Connection,
    stated: Iterable[Stated],
    stored: Mapping[str, AnyRow],
    loads: Mapping[str, LoadContext],
) -> list[str]:
    """Write what counts from now on of rooms whose declarations stand.

    Those that come to another roster than before get a generation. Their names.
    """
    stated = tuple(stated)
    changed = [x for x in stated if digest_of(x.roster) != stored[x.room].content]
    write_generations(connection, changed, stored, loads)
    names = [each.room for each in changed]
    for each in stated:
        row = stored[each.room]
        columns = each.columns
        same = all(getattr(row, name) == value for name, value in columns.items())
        if each.room not in names and not same:
            mine = update(rosters).where(rosters.c.room == each.room)
            connection.execute(mine.values(**columns))
            _declare(connection, [{"room": each.room, "declaration": each.document}])
    return names


def _entries(
    connection: Connection, rooms: Sequence[str]
) -> dict[str, dict[str, AnyRow]]:
    entries: dict[str, dict[str, AnyRow]] = {}
    if rooms:
        chosen = select(members).where(one_of_texts(members.c.room, rooms))
        for row in connection.execute(chosen):
            entries.setdefault(row.room, {})[row.label] = row
    return entries


def _recent_of(
    connection: Connection,
    loads: Mapping[str, LoadContext],
    changed: Sequence[Stated],
) -> dict[str, list[Attempt]]:
    since = min((loads[stated.room].now for stated in changed), default=0.0)
    return _recent(connection, [stated.room for stated in changed], since)


def _calls(
    found: Mapping[str, list[Attempt]],
    loads: Mapping[str, LoadContext],
    changed: Sequence[Stated],
) -> dict[str, dict[str, tuple[str, int]]]:
    """The address and the intent of each call that counts, by room and label."""
    return {
        x.room: last_calls(found[x.room], loads[x.room].now, edited=x.edited)
        for x in changed
    }


def left_by_themselves(
    connection: Connection, rooms: Sequence[str], now: float
) -> dict[str, dict[str, tuple[Attempt, ...]]]:
    """What ``left_calls`` gives of each of *rooms*."""
    found = _recent(connection, rooms, now)
    return {room: left_calls(mine, now) for room, mine in found.items()}


def _recent(
    connection: Connection, rooms: Sequence[str], now: float
) -> dict[str, list[Attempt]]:
    """The attempts of *rooms* that are open or ended within the hour, oldest first."""
    found: dict[str, list[Attempt]] = {room: [] for room in rooms}
    recent = attempts.c.ended_at >= now - UNDONE_SECONDS
    chosen = (
        select(attempts)
        .where(one_of_texts(attempts.c.room, found))
        .where(or_(attempts.c.state.in_(sorted(OPEN)), recent))
        .order_by(attempts.c.id)
    )
    for row in rows_of(connection.execute(chosen)) if found else ():
        found[row.room].append(attempt_of(row))
    return found


def _write(connection: Connection, rows: RowBatch, new: Collection[str]) -> None:
    """Write *rows*; the rooms *new* have no members on record, and many may be new."""
    upsert(connection, rosters, rows.rosters)
    insert_many(connection, members, [x for x in rows.members if x["room"] in new])
    upsert(connection, members, [x for x in rows.members if x["room"] not in new])
    insert_many(connection, revisions, rows.revisions)
    insert_many(connection, events, rows.events)
    _declare(connection, rows.declarations)


def _declare(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep what rooms declare; nothing of those that say no more than their roster."""
    upsert(connection, declarations, [x for x in rows if x["declaration"] is not None])
    plain = [str(row["room"]) for row in rows if row["declaration"] is None]
    if plain:
        connection.execute(
            delete(declarations).where(one_of_texts(declarations.c.room, plain))
        )
