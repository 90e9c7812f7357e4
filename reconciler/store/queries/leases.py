"""Leases: at most one holder per room, each with a greater fencing token."""

from functools import lru_cache

from sqlalchemy import Connection, Double, Text, bindparam, case, select, update
from sqlalchemy.sql.dml import ReturningInsert

from reconciler.engine.ports import Lease
from reconciler.model.errors import RoomBusy
from reconciler.store.database.answers import BoundStatement, answer, answers
from reconciler.store.database.driver_statements import put
from reconciler.store.database.upsert import insert_for
from reconciler.store.queries.room_version import VERSION, version_of
from reconciler.store.tables import leases


def acquire(
    connection: Connection, room: str, owner: str, now: float, ttl: float, *, at: float
) -> Lease:
    """Take the room in one statement; RoomBusy while another holds it.

    *now* is by the clock that leases follow, *at* by that of this machine.

    The present owner keeps its fencing token. Whoever takes a lease that has run out
    or was given back gets a greater one, so that what was begun under the old
    lease is refused.
    """
    asked = {"room": room, "owner": owner, "now": now, "expires_at": now + ttl}
    taken, rows = answers(
        connection,
        (
            BoundStatement(_acquire(connection.dialect.name), asked),
            BoundStatement(VERSION, {"of": room}),
        ),
    )
    if not taken:
        raise RoomBusy(_held(connection, room, now))
    version = next((version_of(row, at) for row in rows), None)
    return Lease(room, owner, taken[0].epoch, now + ttl, version)


@lru_cache
def _acquire(dialect: str) -> ReturningInsert[int]:
    """The statement: each is built once, since that takes longer than to run it."""
    statement = insert_for(dialect, leases)
    given = {
        "owner": bindparam("owner", type_=Text),
        "expires_at": bindparam("expires_at", type_=Double),
    }
    over = leases.c.expires_at <= bindparam("now", type_=Double)
    return (
        statement.values(room=bindparam("room"), epoch=1, **given)
        .on_conflict_do_update(
            index_elements=["room"],
            set_={**given, "epoch": leases.c.epoch + case((over, 1), else_=0)},
            where=over | (leases.c.owner == given["owner"]),
        )
        .returning(leases.c.epoch)
    )


def _held(connection: Connection, room: str, now: float) -> str:
    result = connection.execute(select(leases).where(leases.c.room == room))
    row = result.one()
    left = max(row.expires_at - now, 0.0)
    return (
        f"Room '{room}' is locked by another process ({row.owner}); the lock expires "
        f"in {left:.0f} s."
    )


def held(connection: Connection, room: str, now: float) -> bool:
    """Whether anybody holds the room at *now*."""
    chosen = select(leases.c.expires_at).where(leases.c.room == room)
    expires_at = connection.scalar(chosen)
    return expires_at is not None and expires_at > now


def renew(connection: Connection, lease: Lease, now: float, ttl: float) -> Lease:
    """Hold the room for *ttl* seconds from *now*."""
    hold(connection, lease, now)
    put(connection, _RENEW, {"held": lease.room, "until": now + ttl})
    return Lease(lease.room, lease.owner, lease.fencing_token, now + ttl)


def hold(connection: Connection, lease: Lease, now: float) -> None:
    """Make sure of the lease until the transaction ends; else RoomBusy."""
    if not answer(connection, _HOLD, {**_of(lease), "now": now}):
        raise RoomBusy(f"{lease.owner} no longer holds room '{lease.room}'.")


def give_back(connection: Connection, lease: Lease) -> None:
    """End the lease if it is still this one; the fencing token stays on record."""
    put(connection, _GIVE_BACK, _of(lease))


def _of(lease: Lease) -> dict[str, str | int]:
    return {"held": lease.room, "holder": lease.owner, "token": lease.fencing_token}


_THIS = (
    leases.c.room == bindparam("held"),
    leases.c.owner == bindparam("holder"),
    leases.c.epoch == bindparam("token"),
)
_HOLD = (
    select(leases.c.epoch)
    .where(*_THIS, leases.c.expires_at > bindparam("now"))
    .with_for_update()
)
_RENEW = (
    update(leases)
    .where(leases.c.room == bindparam("held"))
    .values(expires_at=bindparam("until"))
)
_GIVE_BACK = update(leases).where(*_THIS).values(expires_at=0.0)
