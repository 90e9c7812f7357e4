"""Events and the runs that made them."""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, insert, select, text, update

from reconciler.model.event import Event
from reconciler.store.database.driver_statements import put
from reconciler.store.database.upsert import Insert, insert_for
from reconciler.store.queries.row import event_columns, event_of
from reconciler.store.tables import events, runs


class Run(Struct, frozen=True):
    """A run that noted something; the last two are None until it has ended."""

    id: str
    room: str
    started_at: float
    cause: str
    generation: int | None
    ended_at: float | None
    result: str | None


def tell(connection: Connection, told: Sequence[Event]) -> None:
    """Put events on record; a run is, too, with the first event that names it."""
    if not told:
        return
    _begin_runs(connection, told)
    put(connection, _TELL, [event_columns(event) for event in told])


def record_decision(connection: Connection, event: Event) -> None:
    """Put a person's decision on record, with the user of the database session."""
    if connection.dialect.name == "postgresql":
        user = connection.scalar(text("SELECT session_user"))
        event = replace(event, cause=f"{event.cause}, database user {user}")
    tell(connection, [event])


def _begin_runs(connection: Connection, told: Sequence[Event]) -> None:
    rows = [
        {
            "id": event.run,
            "room": event.room,
            "started_at": event.at,
            "cause": event.cause,
            "generation": event.generation,
        }
        for event in {each.run: each for each in reversed(told)}.values()
        if event.run is not None
    ]
    if rows:
        put(connection, _begin(connection.dialect.name), rows)


@lru_cache
def _begin(dialect: str) -> Insert:
    return insert_for(dialect, runs).on_conflict_do_nothing()


def end_run(connection: Connection, run: str, result: str, now: float) -> None:
    """Write how a run ended; one that noted nothing has no row and gets none."""
    put(connection, _END, {"ended": run, "at": now, "result": result})


_END = (
    update(runs)
    .where(runs.c.id == bindparam("ended"))
    .values(ended_at=bindparam("at"), result=bindparam("result"))
)
_TELL = insert(events).inline()


def newest_events(
    connection: Connection, room: str | None, limit: int
) -> tuple[Event, ...]:
    """The newest events of one room or of all, oldest first."""
    chosen = select(events).order_by(events.c.id.desc()).limit(limit)
    if room is not None:
        chosen = chosen.where(events.c.room == room)
    rows = (connection.execute(chosen)).all()
    return tuple(event_of(row) for row in reversed(rows))


def newest_runs(
    connection: Connection, room: str | None, limit: int
) -> tuple[Run, ...]:
    """The newest runs of one room or of all, oldest first."""
    chosen = select(runs).order_by(runs.c.started_at.desc()).limit(limit)
    if room is not None:
        chosen = chosen.where(runs.c.room == room)
    rows = (connection.execute(chosen)).all()
    return tuple(
        Run(**{name: getattr(row, name) for name in Run.__struct_fields__})
        for row in reversed(rows)
    )
