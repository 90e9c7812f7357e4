"""The event of a load: what it declares otherwise."""

from collections.abc import Iterator

from reconciler.engine.desired_room import Standing
from reconciler.model.event import Event
from reconciler.model.roster import Roster
from reconciler.store.queries.effective_state import Stated
from reconciler.store.queries.stored_room import LoadContext, StoredRoom


def load_event(
    stated: Stated, before: StoredRoom, generation: int, load: LoadContext
) -> Event:
    return Event(
        room=stated.room,
        at=load.now,
        kind="roster.changed" if before.row else "roster.loaded",
        message=_difference(stated, before) if before.row else _size(stated.roster),
        cause=load.cause,
        generation=generation,
    )


def _size(roster: Roster) -> str:
    count = len(roster.members)
    return f"Loaded with {count} {'member' if count == 1 else 'members'}."


def _difference(stated: Stated, before: StoredRoom) -> str:
    roster = stated.roster
    labels = {member.label for member in roster.members}
    kept = [member for member in roster.members if member.label in before.listed]
    parts = {
        "added": sorted(labels - before.listed),
        "changed": sorted(x.label for x in kept if x != before.member(x.label)),
        "dismissed": sorted(before.listed - labels),
    }
    said = [f"{verb} {', '.join(names)}" for verb, names in parts.items() if names]
    said = [*_room_difference(stated, before), *said]
    text = "; ".join(said) or "the room's own settings changed"
    return f"{text[0].upper()}{text[1:]}."


def _room_difference(stated: Stated, before: StoredRoom) -> Iterator[str]:
    row = before.row
    if row is not None and row.standing == Standing.RELEASED:
        yield "managed again"
    if row is not None and row.mode != stated.effective.mode:
        yield f"mode {stated.effective.mode}"
    if row is not None and row.state != stated.roster.state:
        yield f"declared {stated.roster.state}"
