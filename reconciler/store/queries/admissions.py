"""What callers are answered, on record before Twilio has the answer."""

from sqlalchemy import Connection, update

from reconciler.model.event import Event
from reconciler.model.roster import Fields
from reconciler.store.queries.call_memory import save_calls
from reconciler.store.queries.events import tell
from reconciler.store.tables import rosters


def admit(
    connection: Connection, call_sid: str, memory: Fields, event: Event, now: float
) -> None:
    """Put an answer on record; see ``engine.room.answer_call``."""
    if memory:
        save_calls(connection, event.room, {call_sid: dict(memory)}, now)
        connection.execute(
            update(rosters)
            .where(rosters.c.room == event.room)
            .values(decisions=rosters.c.decisions + 1)
        )
    tell(connection, [event])
