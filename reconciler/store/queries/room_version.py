"""Optimistic lock: the room version that a plan was made for."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from reconciler.engine.desired_room import Version
from reconciler.engine.ports import AttemptDraft, Lease
from reconciler.model.errors import RoomBusy, RoomChanged
from reconciler.store.database.answers import AnyRow, answer
from reconciler.store.queries.rosters import standing_of
from reconciler.store.tables import leases, rosters


def version_of(row: AnyRow, now: float) -> Version:
    """What of a room's row a plan depends on, at *now*."""
    until = row.effective_until
    due = until is not None and until <= now
    return Version(row.generation, standing_of(row, now), row.decisions, due=due)


def version(
    connection: Connection, lease: Lease, now: float, leases_at: float
) -> Version | None:
    """The version of the leased room, by one read; RoomBusy if it is not held.

    *leases_at* is *now* by the clock that leases follow.
    """
    rows = answer(connection, _LEASED, {"of": lease.room})
    row = rows[0] if rows else None
    mine = row is not None and (row.owner, row.epoch) == (
        lease.owner,
        lease.fencing_token,
    )
    if row is None or not mine or row.expires_at <= leases_at:
        raise RoomBusy(f"{lease.owner} no longer holds room '{lease.room}'.")
    return None if row.room is None else version_of(row, now)


_ROW = (
    rosters.c.room,
    rosters.c.generation,
    rosters.c.standing,
    rosters.c.paused_by,
    rosters.c.paused_until,
    rosters.c.decisions,
    rosters.c.effective_until,
)
VERSION = select(*_ROW).where(rosters.c.room == bindparam("of"))
"""The row of the room ``:of``, for ``version_of``."""

_LEASED = (
    select(*_ROW, leases.c.owner, leases.c.epoch, leases.c.expires_at)
    .select_from(leases.outerjoin(rosters, rosters.c.room == leases.c.room))
    .where(leases.c.room == bindparam("of"))
)
_LOCKED = VERSION.with_for_update(read=True)


def require_version(connection: Connection, drafts: Sequence[AttemptDraft]) -> None:
    """RoomChanged unless the room of *drafts* is still as they say."""
    versions = {draft.version for draft in drafts if draft.version is not None}
    if not versions:
        return
    room, now = drafts[0].room, drafts[0].created_at
    row = connection.execute(_LOCKED, {"of": room}).one_or_none()
    if row is None or versions != {version_of(row, now)}:
        raise changed(room)


def changed(room: str) -> RoomChanged:
    """The error for a plan that was overtaken."""
    return RoomChanged(f"Room '{room}' has changed since it was read.")
