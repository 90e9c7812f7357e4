"""Observed state: the last observation of rooms, intervals of legs, checks."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import to_builtins
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
)

from reconciler.model.recorded_observation import (
    WIDTH,
    LegInterval,
    ObservedRoom,
    RoomCheck,
)
from reconciler.planning.leg_intervals import advance, open_intervals
from reconciler.planning.observed_room import fingerprint
from reconciler.store.database.among import one_of_texts
from reconciler.store.database.answers import BoundStatement, answers
from reconciler.store.database.driver_statements import put
from reconciler.store.database.typed_values import as_type
from reconciler.store.database.upsert import upsert, upsert_many
from reconciler.store.tables import leg_intervals, observations, room_checks

Following = tuple[ObservedRoom, Sequence[LegInterval]]
"""An observation as it is recorded, and the intervals that it ends."""


def following(connection: Connection, after: ObservedRoom) -> Following:
    """What recording *after* over the last observation comes to."""
    asked = {"of": after.room}
    documents, checked = answers(
        connection, (BoundStatement(_DOCUMENT, asked), BoundStatement(_CHECK, asked))
    )
    before = next((as_type(row.document, ObservedRoom) for row in documents), None)
    check = next((as_type(row._asdict(), RoomCheck) for row in checked), None)
    return advance(before, after, check)


def record(connection: Connection, recorded: Following) -> None:
    """Record it as the last observation."""
    now, ended = recorded
    columns = {
        "room": now.room,
        "seen_at": now.seen_at,
        "fingerprint": fingerprint(now),
        "document": to_builtins(now),
    }
    upsert(connection, observations, [columns])
    if ended:
        put(connection, _INTERVALS, [to_builtins(interval) for interval in ended])


_DOCUMENT = select(observations.c.document).where(
    observations.c.room == bindparam("of")
)
_CHECK = select(room_checks).where(room_checks.c.room == bindparam("of"))
_INTERVALS = insert(leg_intervals).inline()


def observed(
    connection: Connection, rooms: Collection[str] | None = None
) -> dict[str, ObservedRoom]:
    """The last observation of each of *rooms* (None: all) that has one."""
    chosen = select(observations.c.room, observations.c.document)
    rows = connection.execute(chosen.where(_within(observations.c.room, rooms)))
    return {row.room: as_type(row.document, ObservedRoom) for row in rows}


def checks(
    connection: Connection, rooms: Collection[str] | None = None
) -> dict[str, RoomCheck]:
    """When each of *rooms* (None: all) was last observed; others are missing."""
    chosen = select(room_checks).where(_within(room_checks.c.room, rooms))
    return {row.room: as_type(row, RoomCheck) for row in connection.execute(chosen)}


def recorded_since(connection: Connection, since: float) -> dict[tuple[str, str], str]:
    """What rooms observed after *since* came to, to be compared: a text for each.

    Keys are a room with ``observation`` or ``check``. A text is another one if what
    it stands for is.
    """
    seen = select(
        observations.c.room, observations.c.seen_at, observations.c.fingerprint
    ).where(observations.c.seen_at > since)
    found = {
        (row.room, "observation"): f"{row.seen_at} {row.fingerprint}"
        for row in connection.execute(seen)
    }
    checked = select(room_checks).where(room_checks.c.checked_at > since)
    for row in connection.execute(checked):
        came_to = (row.generation, row.state, row.reason, row.connected, row.members)
        found[row.room, "check"] = repr(came_to)
    return found


def record_checks(connection: Connection, made: Sequence[RoomCheck]) -> None:
    """Record that rooms were observed."""
    upsert_many(connection, room_checks, to_builtins(list(made)))


def intervals(
    connection: Connection, room: str, since: float, until: float | None = None
) -> tuple[LegInterval, ...]:
    """Intervals of the legs of *room* that last or ended after *since*, by begin.

    With *until*, those that began by then.
    """
    chosen = select(leg_intervals).where(
        leg_intervals.c.room == room, leg_intervals.c.ends_at > since
    )
    if until is not None:
        chosen = chosen.where(leg_intervals.c.begins_at <= until)
    ended = [as_type(row, LegInterval) for row in connection.execute(chosen)]
    last = observed(connection, [room]).get(room)
    lasting = open_intervals(last) if last else ()
    open_ones = (x for x in lasting if until is None or x.begins_at <= until)
    return tuple(sorted([*ended, *open_ones], key=lambda interval: interval.begins_at))


def exposures_beside(
    connection: Connection, room: str, at: float
) -> tuple[float | None, float | None]:
    """When the last exposure before *at* and the first after it began, None for none."""
    begins, mine = leg_intervals.c.begins_at, leg_intervals.c.room == room
    before = select(func.max(begins)).where(mine, begins < at, _OVERHEARD)
    after = select(func.min(begins)).where(mine, begins > at, _OVERHEARD)
    last = observed(connection, [room]).get(room)
    lasting = open_intervals(last) if last else ()
    open_ones = [x.begins_at for x in lasting if x.overheard]
    return (
        max(
            _known(connection.scalar(before), (x for x in open_ones if x < at)),
            default=None,
        ),
        min(
            _known(connection.scalar(after), (x for x in open_ones if x > at)),
            default=None,
        ),
    )


def _known(ended: float | None, lasting: Iterable[float]) -> Iterator[float]:
    if ended is not None:
        yield ended
    yield from lasting


_OVERHEARD = or_(
    *(
        and_(
            leg_intervals.c.audience == str(audience),
            leg_intervals.c.permitted.in_(
                [str(x) for x in WIDTH if WIDTH[x] < WIDTH[audience]]
            ),
        )
        for audience in WIDTH
        if WIDTH[audience]
    )
)
"""``LegInterval.overheard``."""


def _within(
    column: ColumnElement[str], rooms: Collection[str] | None
) -> ColumnElement[bool]:
    return column.is_not(None) if rooms is None else one_of_texts(column, rooms)
