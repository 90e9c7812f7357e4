"""A room that this daemon has not read, as it is on record."""

from typing import Final

from reconciler.operations.evaluated_room import see_recorded
from reconciler.operations.operation_context import RecordContext
from reconciler.page.latest_evaluations import RoomEntry

NO_ROOM: Final = "This room is not on record: it was forgotten, or never loaded."


async def recorded_entry(context: RecordContext, room: str) -> RoomEntry | None:
    """The last observation on record, None if nobody observed the room."""
    (evaluated,) = await see_recorded(context, room)
    record = evaluated.record
    if record is None or record.seen_at is None:
        return None
    return RoomEntry(evaluated.evaluation, record.seen_at, evaluated.evaluation)
