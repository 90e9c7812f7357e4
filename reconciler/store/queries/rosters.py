"""The desired state in SQL: loading rosters, releasing rooms, reading them back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, delete, false, insert, or_, select, update

from reconciler.engine.ports import Desired, Loaded, RoomHome, Standing
from reconciler.model.attempt import OPEN
from reconciler.model.event import Event
from reconciler.model.roster import Roster
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.database.upsert import upsert
from reconciler.store.queries import refused_files, withholding
from reconciler.store.queries.events import tell
from reconciler.store.queries.marks import mark
from reconciler.store.queries.partition import partition, placed
from reconciler.store.queries.roster_changes import (
    AnyRow,
    LoadContext,
    RowBatch,
    StoredRoom,
    differs,
    revise,
)
from reconciler.store.queries.row import digest_of, roster_of, roster_said
from reconciler.store.tables import (
    approvals,
    attempts,
    events,
    members,
    revisions,
    rosters,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A room in a line: what ``status`` needs before it looks closer."""

    room: str
    standing: Standing
    generation: int
    source: str
    conference_sid: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A generation as it was loaded; its roster has no ``source``."""

    roster: Roster
    generation: int
    loaded_at: float
    cause: str


def load(
    connection: Connection, desired: Sequence[Roster], load: LoadContext
) -> Loaded:
    """Make *desired* the desired state; see ``engine.ports.Store.load``."""
    take_advisory_lock(connection)
    stored = _stored(connection, desired, load)
    parts = partition(stored, desired, load)
    changed = [each for each in parts.rosters if differs(each, stored.get(each.room))]
    written = {each.room for each in changed}
    same = [each for each in parts.rosters if each.room not in written]
    _write(connection, _revised(connection, changed, stored, load))
    withholding.reset(connection, [each.room for each in _edited(changed, stored)])
    moved = _move(connection, same, stored, load)
    _release(connection, parts.gone, load)
    tell(connection, list(_taken_over(parts.taken, load)))
    tell(connection, refused_files.write(connection, parts.held, load))
    dirty = sorted({*written, *moved, *(row.room for row in parts.gone)})
    mark(connection, dirty, load.now, load.cause)
    loaded = parts.loaded(written, stored)
    return replace(loaded, elsewhere=_elsewhere(connection, stored, load.folder))


def preview(
    connection: Connection, desired: Sequence[Roster], load: LoadContext
) -> Loaded:
    """What ``load`` would do; nothing is written."""
    stored = _stored(connection, desired, load, lock=False)
    parts = partition(stored, desired, load)
    changed = [x.room for x in parts.rosters if differs(x, stored.get(x.room))]
    loaded = parts.loaded(changed, stored)
    return replace(loaded, elsewhere=_elsewhere(connection, stored, load.folder))


def _taken_over(taken: Iterable[RoomHome], load: LoadContext) -> Iterator[Event]:
    for each in taken:
        yield Event(
            room=each.room,
            at=load.now,
            kind="room.taken-over",
            message=f"Taken over from {each.folder}.",
            cause=load.cause,
        )


def _edited(
    changed: Iterable[Roster], stored: Mapping[str, AnyRow]
) -> Iterator[Roster]:
    """The rosters that declare something new; one that comes back as it was does not."""
    for roster in changed:
        row = stored.get(roster.room)
        if row is None or row.content != digest_of(roster):
            yield roster


def _stored(
    connection: Connection,
    desired: Sequence[Roster],
    load: LoadContext,
    *,
    lock: bool = True,
) -> dict[str, AnyRow]:
    """The rows of the rooms *desired*, of the folder's, and of refused files'."""
    refused_rooms = [room for file in load.report.refused for room in file.rooms]
    given = rosters.c.room.in_([*(each.room for each in desired), *refused_rooms])
    home = false() if load.folder is None else rosters.c.folder == load.folder
    paths = rosters.c.path.in_([each.path for each in load.report.refused])
    chosen = select(rosters).where(or_(given, home, paths))
    found = connection.execute(chosen.with_for_update() if lock else chosen)
    return {row.room: row for row in found}


def _elsewhere(
    connection: Connection, stored: Mapping[str, AnyRow], folder: str | None
) -> tuple[RoomHome, ...]:
    """Managed rooms of other folders than *folder*, none where that is None."""
    if folder is None:
        return ()
    found = connection.execute(
        select(rosters.c.room, rosters.c.folder)
        .where(rosters.c.standing != Standing.RELEASED)
        .where(rosters.c.folder.is_not(None), rosters.c.folder != folder)
        .order_by(rosters.c.room)
    )
    return tuple(
        RoomHome(row.room, row.folder) for row in found if row.room not in stored
    )


def _revised(
    connection: Connection,
    changed: Sequence[Roster],
    stored: Mapping[str, AnyRow],
    load: LoadContext,
) -> RowBatch:
    rows = RowBatch()
    rooms = [each.room for each in changed]
    entries, under_way = _entries(connection, rooms), _under_way(connection, rooms)
    for roster in changed:
        room = roster.room
        before = StoredRoom(
            stored.get(room), entries.get(room, {}), under_way.get(room, {})
        )
        revise(rows, roster, before, load)
    return rows


def _entries(
    connection: Connection, rooms: Sequence[str]
) -> dict[str, dict[str, AnyRow]]:
    entries: dict[str, dict[str, AnyRow]] = {}
    if rooms:
        chosen = select(members).where(members.c.room.in_(rooms))
        for row in connection.execute(chosen):
            entries.setdefault(row.room, {})[row.label] = row
    return entries


def _under_way(
    connection: Connection, rooms: Sequence[str]
) -> dict[str, dict[str, tuple[str, int]]]:
    """The address and the intent of each open attempt, by room and label."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    chosen = select(attempts).where(
        attempts.c.room.in_(rooms), attempts.c.state.in_(sorted(OPEN))
    )
    for row in connection.execute(chosen) if rooms else ():
        mine = found.setdefault(row.room, {})
        mine[row.label] = (row.to_address, row.intent)
    return found


def _write(connection: Connection, rows: RowBatch) -> None:
    upsert(connection, rosters, rows.rosters)
    upsert(connection, members, rows.members)
    if rows.revisions:
        changed = [row["room"] for row in rows.rosters]
        connection.execute(delete(approvals).where(approvals.c.room.in_(changed)))
        connection.execute(insert(revisions), rows.revisions)
        connection.execute(insert(events), rows.events)


def _move(
    connection: Connection,
    same: Iterable[Roster],
    stored: Mapping[str, AnyRow],
    load: LoadContext,
) -> list[str]:
    """Write down where unchanged rosters come from now; those to be looked at."""
    awaited: list[str] = []
    for roster in same:
        row = stored[roster.room]
        columns = placed(roster, row, load)
        if columns:
            mine = update(rosters).where(rosters.c.room == roster.room)
            connection.execute(mine.values(**columns))
        if "quiet_at" in columns:
            awaited.append(roster.room)
    return awaited


def _release(connection: Connection, gone: Sequence[AnyRow], load: LoadContext) -> None:
    if not gone:
        return
    left = [row.room for row in gone]
    connection.execute(
        update(rosters)
        .where(rosters.c.room.in_(left))
        .values(standing=str(Standing.RELEASED), released_by=None)
    )
    tell(
        connection,
        [
            Event(
                room=row.room,
                at=load.now,
                kind="room.released",
                message="Its file left the folder: nobody is hung up, and the room "
                "is not converged any more.",
                cause=load.cause,
                generation=row.generation,
            )
            for row in gone
        ],
    )


def standing_of(row: AnyRow, now: float) -> Standing:
    """Whether the room of a row is ours to converge at *now*.

    A pause counts while the room is managed, and outlives its release.
    """
    if row.standing == Standing.RELEASED:
        return Standing.RELEASED
    return Standing.PAUSED if paused(row, now) else Standing.MANAGED


def paused(row: AnyRow, now: float) -> bool:
    """Whether a person's pause of the room lasts at *now*, released or not."""
    over = row.paused_until is not None and row.paused_until <= now
    return row.paused_by is not None and not over


def homes(connection: Connection) -> tuple[str, ...]:
    """The folders from which managed rooms were loaded, sorted."""
    chosen = select(rosters.c.folder).where(
        rosters.c.folder.is_not(None), rosters.c.standing != Standing.RELEASED
    )
    return tuple(sorted(connection.scalars(chosen.distinct())))


def rooms(connection: Connection) -> tuple[str, ...]:
    """The names of all rooms ever loaded, sorted by code point."""
    return tuple(sorted((connection.scalars(select(rosters.c.room))).all()))


def summaries(connection: Connection) -> tuple[Summary, ...]:
    """All rooms ever loaded, sorted by name."""
    found = connection.execute(select(rosters))
    return tuple(
        Summary(
            room=row.room,
            standing=Standing(row.standing),
            generation=row.generation,
            source=row.source,
            conference_sid=row.conference_sid,
        )
        for row in sorted(found, key=lambda row: str(row.room))
    )


def desired(connection: Connection, room: str, now: float) -> Desired | None:
    """The room's roster as loaded last, or None if it never was."""
    found = connection.execute(select(rosters).where(rosters.c.room == room))
    row = found.one_or_none()
    if row is None:
        return None
    entries = connection.execute(ENTRIES, {"rooms": [room]})
    return desired_of(row, entries, now)


ENTRIES = (
    select(members)
    .where(members.c.room.in_(bindparam("rooms", expanding=True)))
    .order_by(members.c.position)
)
"""All members of some rooms in their files' order, and tombstones."""


def desired_of(row: AnyRow, entries: Iterable[AnyRow], now: float) -> Desired:
    """The desired state in a room's row and those of its members, tombstones too."""
    listed = (each for each in entries if each.dismissed_at is None)
    return desired_from(row, roster_of(row, listed), now)


def desired_from(row: AnyRow, roster: Roster, now: float) -> Desired:
    """The desired state of a room's row, whose roster is *roster*."""
    lasts = paused(row, now)
    return Desired(
        roster,
        row.generation,
        standing_of(row, now),
        paused_until=row.paused_until if lasts else None,
        paused_by=row.paused_by if lasts else None,
        released_by=row.released_by,
        decisions=row.decisions,
    )


def revisions_of(connection: Connection, room: str) -> tuple[Revision, ...]:
    """Every generation of the room's roster, oldest first."""
    found = connection.execute(
        select(revisions)
        .where(revisions.c.room == room)
        .order_by(revisions.c.generation)
    )
    return tuple(
        Revision(roster_said(row.roster), row.generation, row.loaded_at, row.cause)
        for row in found
    )
