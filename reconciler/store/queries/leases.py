"""Leases: at most one holder per room, each with a greater fencing token."""

from sqlalchemy import Connection, case, select, update

from reconciler.engine.ports import Lease
from reconciler.model.errors import RoomBusy
from reconciler.store.database.upsert import insert_into
from reconciler.store.tables import leases


def acquire(
    connection: Connection, room: str, owner: str, now: float, ttl: float
) -> Lease:
    """Take the room in one statement; RoomBusy while another holds it.

    The present owner keeps its fencing token. Whoever takes a lease that has run out
    or was given back gets a greater one, so that what was begun under the old
    lease is refused.
    """
    statement = insert_into(connection, leases).values(
        room=room, owner=owner, epoch=1, expires_at=now + ttl
    )
    over = leases.c.expires_at <= now
    taken = statement.on_conflict_do_update(
        index_elements=["room"],
        set_={
            "owner": owner,
            "epoch": leases.c.epoch + case((over, 1), else_=0),
            "expires_at": now + ttl,
        },
        where=over | (leases.c.owner == owner),
    ).returning(leases.c.epoch)
    token = (connection.execute(taken)).scalar_one_or_none()
    if token is None:
        raise RoomBusy(_held(connection, room, now))
    return Lease(room=room, owner=owner, fencing_token=token, expires_at=now + ttl)


def _held(connection: Connection, room: str, now: float) -> str:
    found = connection.execute(select(leases).where(leases.c.room == room))
    row = found.one()
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
    connection.execute(
        update(leases).where(leases.c.room == lease.room).values(expires_at=now + ttl)
    )
    return Lease(lease.room, lease.owner, lease.fencing_token, now + ttl)


def hold(connection: Connection, lease: Lease, now: float) -> None:
    """Make sure of the lease until the transaction ends; else RoomBusy."""
    found = connection.execute(
        select(leases.c.epoch)
        .where(
            leases.c.room == lease.room,
            leases.c.owner == lease.owner,
            leases.c.epoch == lease.fencing_token,
            leases.c.expires_at > now,
        )
        .with_for_update()
    )
    if found.first() is None:
        raise RoomBusy(f"{lease.owner} no longer holds room '{lease.room}'.")


def give_back(connection: Connection, lease: Lease) -> None:
    """End the lease if it is still this one; the fencing token stays on record."""
    connection.execute(
        update(leases)
        .where(
            leases.c.room == lease.room,
            leases.c.owner == lease.owner,
            leases.c.epoch == lease.fencing_token,
        )
        .values(expires_at=0.0)
    )
