"""Times at which the processes of a database may place calls of an account."""

from sqlalchemy import Connection, Double, Float, bindparam, case, literal

from reconciler.engine.limits.call_slots import Reservation
from reconciler.store.database.server_clock import clock_timestamp
from reconciler.store.database.upsert import insert_into
from reconciler.store.tables import call_budgets


def reserve(
    connection: Connection, account_sid: str, calls: int, gap: float, now: float
) -> Reservation:
    """Reserve *calls* times, *gap* seconds apart, after all that are reserved.

    By the clock of the server; SQLite has none but *now*, this machine's.
    """
    server = connection.dialect.name == "postgresql"
    clock = clock_timestamp() if server else bindparam("now", now, type_=Double())
    span = literal(calls * gap, Float(53))
    column = call_budgets.c.next_at
    statement = insert_into(connection, call_budgets).values(
        account_sid=account_sid, next_at=clock + span
    )
    later = case((column > clock, column), else_=clock)
    row = connection.execute(
        statement.on_conflict_do_update(
            index_elements=[call_budgets.c.account_sid],
            set_={"next_at": later + span},
        ).returning(column, clock.label("clock"))
    ).one()
    return Reservation(row.next_at - calls * gap - row.clock, calls, gap)


def reserved(
    next_at: float, clock: float, calls: int, gap: float
) -> tuple[Reservation, float]:
    """What ``reserve`` makes of a row: the reservation, and the row after it."""
    first = max(next_at, clock)
    return Reservation(first - clock, calls, gap), first + calls * gap
