"""Loads, releases and reads rosters."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, false, or_, select, update

from reconciler.engine.desired_room import Desired, Standing
from reconciler.model.declaration import Declaration, Pin
from reconciler.model.event import Event
from reconciler.model.load_result import Loaded, RoomHome
from reconciler.model.roster import Roster
from reconciler.store.database.among import among, one_of_texts
from reconciler.store.database.answers import (
    AnyRow,
    BoundStatement,
    answers,
    rows_of,
)
from reconciler.store.database.batches import batched
from reconciler.store.database.database import allow_pauses, take_advisory_lock
from reconciler.store.queries import (
    loaded_folders,
    overrides,
    refused_files,
    withholding,
)
from reconciler.store.queries.accounts import acting
from reconciler.store.queries.declaration_document import origins_of, pin_of
from reconciler.store.queries.effective_state import as_declaration, read_at, state
from reconciler.store.queries.events import tell
from reconciler.store.queries.generation import write_generations
from reconciler.store.queries.load_partition import Partition, partition, placed
from reconciler.store.queries.marks import mark
from reconciler.store.queries.pinning import lifted
from reconciler.store.queries.roster_changes import differs, is_edit
from reconciler.store.queries.roster_row import roster_of
from reconciler.store.queries.row import by_room
from reconciler.store.queries.stored_declaration import declarations_of
from reconciler.store.queries.stored_room import LoadContext
from reconciler.store.tables import members, rosters


class Summary(Struct, frozen=True):
    """A room in a line."""

    room: str
    standing: Standing
    generation: int
    source: str
    conference_sid: str | None


def load(
    connection: Connection, desired: Sequence[Roster | Declaration], load: LoadContext
) -> Loaded:
    """Make *desired* the desired state; see ``engine.ports.Store.load``."""
    take_advisory_lock(connection)
    allow_pauses(connection, len(desired))
    declared = [as_declaration(each) for each in desired]
    stored = _stored(connection, declared, load)
    parts = partition(stored, declared, load)
    changed, same = _sorted_out(parts, stored)
    edited = [each.room for each in changed if is_edit(each, stored.get(each.room))]
    written = [each.room for each in changed]
    words = overrides.standing(connection, written)
    pins = _pins(changed, edited, stored)
    pinned = declarations_of(connection, {room: stored[room] for room in pins})
    stated = [
        state(
            read_at(pinned.get(each.room, each), each.roster.source),
            words.get(each.room, ()),
            load.now,
            edited=True,
            pin=pins.get(each.room),
        )
        for each in changed
    ]
    tell(connection, list(lifted(edited, stored, load)))
    were = write_generations(connection, stated, stored, dict.fromkeys(written, load))
    for each in stated:
        if each.room in edited and each.room in stored:
            kinds = were[each.room].touched_by(each.roster)
            withholding.lift(connection, each.room, kinds)
    moved = _move(connection, same, stored, load)
    _release(connection, parts.gone, load)
    tell(connection, list(_taken_over(parts.taken, load)))
    tell(connection, refused_files.write(connection, parts.held, load))
    dirty = sorted({*written, *moved, *(row.room for row in parts.gone)})
    mark(connection, dirty, load.now, load.cause)
    loaded = parts.loaded(written, stored)
    loaded_folders.record(connection, load, loaded)
    return replace(loaded, elsewhere=elsewhere(connection, stored, load.folder))


def preview(
    connection: Connection, desired: Sequence[Roster | Declaration], load: LoadContext
) -> Loaded:
    """What ``load`` would do; nothing is written."""
    declared = [as_declaration(each) for each in desired]
    stored = _stored(connection, declared, load, lock=False)
    parts = partition(stored, declared, load)
    changed, _ = _sorted_out(parts, stored)
    loaded = parts.loaded([each.room for each in changed], stored)
    return replace(loaded, elsewhere=elsewhere(connection, stored, load.folder))


def _sorted_out(
    parts: Partition, stored: Mapping[str, AnyRow]
) -> tuple[list[Declaration], list[Declaration]]:
    """The declarations that make a new generation, and those that do not."""
    changed = [x for x in parts.declarations if differs(x, stored.get(x.room))]
    written = {each.room for each in changed}
    return changed, [x for x in parts.declarations if x.room not in written]


def _pins(
    changed: Iterable[Declaration],
    edited: Collection[str],
    stored: Mapping[str, AnyRow],
) -> dict[str, Pin]:
    """What stays pinned in rooms that are managed again: their files are as before."""
    back = (each.room for each in changed if each.room not in edited)
    pins = {room: pin_of(stored[room].pin) for room in back}
    return {room: pin for room, pin in pins.items() if pin is not None}


def _taken_over(taken: Iterable[RoomHome], load: LoadContext) -> Iterator[Event]:
    for each in taken:
        yield Event(
            room=each.room,
            at=load.now,
            kind="room.taken-over",
            message=f"Taken over from {each.folder}.",
            cause=load.cause,
        )


def _stored(
    connection: Connection,
    desired: Sequence[Declaration],
    load: LoadContext,
    *,
    lock: bool = True,
) -> dict[str, AnyRow]:
    """The rows of the rooms *desired*, of the folder's, and of refused files'."""
    refused_rooms = [room for file in load.report.refused for room in file.rooms]
    given = one_of_texts(
        rosters.c.room, [*(each.room for each in desired), *refused_rooms]
    )
    home = false() if load.folder is None else rosters.c.folder == load.folder
    paths = one_of_texts(rosters.c.path, [each.path for each in load.report.refused])
    chosen = select(rosters).where(or_(given, home, paths))
    found = connection.execute(chosen.with_for_update() if lock else chosen)
    return {row.room: row for row in rows_of(found)}


def elsewhere(
    connection: Connection, known: Collection[str], folder: str | None
) -> tuple[RoomHome, ...]:
    """Managed rooms beside those *known*, of other folders than *folder*.

    None where that is None.
    """
    if folder is None:
        return ()
    declared = frozenset(known)
    found = connection.execute(
        select(rosters.c.room, rosters.c.folder)
        .where(rosters.c.standing != Standing.RELEASED)
        .where(rosters.c.folder.is_not(None), rosters.c.folder != folder)
        .order_by(rosters.c.room)
    )
    return tuple(
        RoomHome(row.room, row.folder) for row in found if row.room not in declared
    )


def _move(
    connection: Connection,
    same: Iterable[Declaration],
    stored: Mapping[str, AnyRow],
    load: LoadContext,
) -> list[str]:
    """Write down where unchanged rosters come from now; those to be looked at."""
    awaited: list[str] = []
    for each in same:
        columns = placed(each.roster, stored[each.room], load)
        if columns:
            mine = update(rosters).where(rosters.c.room == each.room)
            connection.execute(mine.values(**columns))
        if "quiet_at" in columns:
            awaited.append(each.room)
    return awaited


def _release(connection: Connection, gone: Sequence[AnyRow], load: LoadContext) -> None:
    if not gone:
        return
    left = [row.room for row in gone]
    connection.execute(
        update(rosters)
        .where(one_of_texts(rosters.c.room, left))
        .values(standing=str(Standing.RELEASED), released_by=None)
    )
    tell(
        connection,
        [
            Event(
                room=row.room,
                at=load.now,
                kind="room.released",
                message="Its file left the folder: nobody is hung up, and the room is no longer managed.",
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


def rooms(connection: Connection, account: str | None = None) -> tuple[str, ...]:
    """The names of all rooms ever loaded, sorted by code point.

    With *account*, of those in which it acts.
    """
    chosen = select(rosters.c.room)
    if account is not None:
        chosen = chosen.where(acting == account)
    return tuple(sorted(connection.scalars(chosen).all()))


def accounts_of(
    connection: Connection, names: Collection[str] | None = None
) -> dict[str, str]:
    """The name of the account that acts in each of the rooms *names* (None: all)."""
    chosen = select(rosters.c.room, acting.label("account"))
    if names is not None:
        chosen = chosen.where(one_of_texts(rosters.c.room, names))
    return {row.room: row.account for row in connection.execute(chosen)}


def summaries(connection: Connection, now: float) -> tuple[Summary, ...]:
    """All rooms ever loaded, sorted by name, as they stand at *now*."""
    of = rosters.c
    known = of.room, of.generation, of.source, of.conference_sid
    stands = of.standing, of.paused_by, of.paused_until
    found = connection.execute(select(*known, *stands))
    return tuple(
        Summary(
            room=row.room,
            standing=standing_of(row, now),
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


def read_desired(
    connection: Connection, rooms: Sequence[str], now: float
) -> dict[str, Desired]:
    """As ``desired``, of those of *rooms* that were ever loaded."""
    found: dict[str, Desired] = {}
    for some in batched(rooms):
        asked = {"rooms": some}
        rows, listed = answers(
            connection, (BoundStatement(_SOME, asked), BoundStatement(ENTRIES, asked))
        )
        entries = by_room(listed)
        for row in rows:
            found[row.room] = desired_of(row, entries.get(row.room, ()), now)
    return found


_SOME = select(rosters).where(among(rosters.c.room, "rooms"))

ENTRIES = (
    select(members).where(among(members.c.room, "rooms")).order_by(members.c.position)
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
        mode=row.mode,
        effective_until=row.effective_until,
        origins=origins_of(row.origins),
        pin=pin_of(row.pin),
        account=row.account_from or row.account,
    )
