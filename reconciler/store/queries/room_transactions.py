"""Transactions of a pass over a room: what is read, and what is written with a lease.

Leases follow the clock of the server, other times are those of this machine.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import AttemptDraft, FirstNotes, Lease, Notes
from reconciler.model.attempt import Attempt
from reconciler.model.ledger import Exhausted, Ledger
from reconciler.store.database.database import make_durable, take_advisory_lock
from reconciler.store.queries import attempts, leases, room_ledger
from reconciler.store.queries.accounts import ActingAccount, bound, several
from reconciler.store.queries.budgets import (
    RingBudgets,
    addresses_of,
    allowed,
    exhausted,
)
from reconciler.store.queries.events import tell
from reconciler.store.queries.room_version import require_version

Rooms = dict[str, tuple[Desired | None, Ledger]]


class Acting(Struct, frozen=True):
    """For which account a transaction is, and when, by the server's clock too."""

    account: ActingAccount | None
    now: float
    server_now: float

    def sid(self, connection: Connection) -> str | None:
        """The SID of the account: of the one that is named, or of the default one."""
        return self.account.account_sid if self.account else bound(connection)


def read(
    connection: Connection, acting: Acting, rooms: Sequence[str], budgets: RingBudgets
) -> Rooms:
    """What is desired and on record of each of *rooms*, of one moment."""
    sid, now = acting.sid(connection), acting.now
    read_rooms = room_ledger.read(
        connection, rooms, now, sid, leases_at=acting.server_now
    )
    if not budgets.limited:
        return read_rooms
    phones = addresses_of(desired for desired, _ in read_rooms.values())
    return _with_spent(read_rooms, exhausted(connection, phones, budgets, now, sid))


def _with_spent(rooms: Rooms, spent: Mapping[str, Exhausted]) -> Rooms:
    return {
        room: (desired, replace(ledger, exhausted=spent))
        for room, (desired, ledger) in rooms.items()
    }


def note(connection: Connection, acting: Acting, lease: Lease, notes: Notes) -> None:
    """Put *notes* on record; RoomBusy if the lease is not held."""
    wait_for_other_leavers(connection, notes)
    leases.hold(connection, lease, acting.server_now)
    _put(connection, acting, lease.room, notes)


def open_attempts(
    connection: Connection,
    acting: Acting,
    lease: Lease,
    drafts: Sequence[AttemptDraft],
    budgets: RingBudgets,
) -> tuple[Attempt | None, ...]:
    """Commit a pending attempt a draft; None where the label or the phone has one."""
    make_durable(connection)
    sid, now = acting.sid(connection), acting.now
    if budgets.limited or several(connection):
        take_advisory_lock(connection)
    leases.hold(connection, lease, acting.server_now)
    require_version(connection, drafts)
    free = allowed(connection, drafts, budgets, now, sid)
    opened = attempts.open_attempts(connection, free, sid) if free else ()
    by_draft = {id(draft): x for draft, x in zip(free, opened, strict=True)}
    tell(connection, [x.event for x in free if by_draft[id(x)] and x.event])
    return tuple(by_draft.get(id(draft)) for draft in drafts)


def note_first(
    connection: Connection, acting: Acting, lease: Lease, first: FirstNotes
) -> None:
    """Put on record what goes with this lease, if it is the one that was meant."""
    if not first.notes.empty and lease.fencing_token == first.fencing_token:
        _put(connection, acting, lease.room, first.notes)


def release(connection: Connection, acting: Acting, lease: Lease, notes: Notes) -> None:
    """Give the room back; *notes* are put on record first."""
    if not notes.empty:
        note(connection, acting, lease, notes)
    leases.give_back(connection, lease)


def _put(connection: Connection, acting: Acting, room: str, notes: Notes) -> None:
    account_sid = acting.sid(connection) if notes.findings else None
    room_ledger.note(connection, room, notes, acting.now, account_sid)


def wait_for_other_leavers(connection: Connection, notes: Notes) -> None:
    """Let no load or other account's note go on beside one that leaves an account."""
    if notes.account_left:
        take_advisory_lock(connection)
