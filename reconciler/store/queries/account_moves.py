"""A room whose roster names another account: which one acts until its calls are over."""

from sqlalchemy import Connection, select, update

from reconciler.model.event import Event
from reconciler.store.queries.events import tell
from reconciler.store.queries.marks import mark
from reconciler.store.tables import rosters


def leave(connection: Connection, room: str, now: float) -> None:
    """Let the account that the roster names act: nobody is left with the one before.

    The conference of before is no other account's; it is forgotten. The transaction
    took its turn (``take_advisory_lock``).
    """
    row = connection.execute(
        select(rosters.c.account, rosters.c.account_from, rosters.c.generation).where(
            rosters.c.room == room, rosters.c.account_from.is_not(None)
        )
    ).one_or_none()
    if row is None:
        return
    mine = update(rosters).where(rosters.c.room == room)
    connection.execute(mine.values(account_from=None, conference_sid=None))
    cause = f"account {row.account}"
    tell(connection, [moved(room, now, row.account_from, row.account, row.generation)])
    mark(connection, [room], now, cause)


def moved(room: str, now: float, before: str, after: str, generation: int) -> Event:
    """The event of a room that another account calls from now on."""
    message = f"Called by account {after} from now on; nobody is left with {before}."
    return Event(
        room,
        now,
        "room.account-changed",
        message,
        cause=f"account {before}",
        generation=generation,
    )
