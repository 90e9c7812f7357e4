"""Which phones are not to be rung now, as another label or room rings them.

open attempt of the same phone          the ring
about to ring, of any label or room     waits
lost, of any label or room              waits; after half a minute for a person
answered, its label still listed        goes on: the phone is in several rooms
answered, its label dismissed           waits until that call is over
answered, its room released             is withheld until a person approves it
over by its call's own record           goes on
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.model.action import Ring
from reconciler.model.attempt import UNCERTAIN, Attempt
from reconciler.model.ledger import Elsewhere
from reconciler.model.masking import mask
from reconciler.model.observation import CallStatus
from reconciler.model.phone import normal_address
from reconciler.planning.absence import NO_RECORD, SETTLE
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.describe import counted, quoted, resolving
from reconciler.planning.plan import Phase, Waiting, Withheld

RELEASED_ROOM = "released-room"
"""The guard of a renamed room: most of its phones are on the line in the old one."""

ON_THE_LINE = "on-the-line"
"""The guard of single phones that are on the line in a released room."""


class _Use(Enum):
    """What an attempt makes of its phone."""

    RINGING = auto()
    LOST = auto()
    ANSWERED = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class _Other:
    """An open attempt of another label or room, and what became of it."""

    attempt: Attempt
    use: _Use
    released: bool
    listed: bool


def spare_phones(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items* without the rings of phones that another label or room rings."""
    items = tuple(items)
    others = [*_here(room), *(_there(each, room) for each in room.ledger.elsewhere)]
    left_behind = {} if room.approves_rings else _left_behind(items, others, room)
    rung: dict[str, str] = {}
    for item in items:
        if not isinstance(item, Ring):
            yield item
            continue
        phone = normal_address(item.to)
        mine = [
            x for x in others if x.attempt.address == phone and not _own(x, item, room)
        ]
        busy = _busy(item, mine, room)
        if busy is not None:
            yield busy
        elif phone in rung:
            yield _waits(item, f"{mask(item.to)} is being rung for {rung[phone]}")
        elif item.label in left_behind:
            yield Withheld(item, *left_behind[item.label])
        else:
            rung[phone] = item.label
            yield item


def _own(other: _Other, ring: Ring, room: PlanningContext) -> bool:
    attempt = other.attempt
    return (attempt.room, attempt.label) == (room.roster.room, ring.label)


def _here(room: PlanningContext) -> Iterator[_Other]:
    """The open attempts of this room itself."""
    for record in room.records.values():
        if record.open is not None:
            listed = record.dismissed_at is None
            use = _use(record.open, room)
            yield _Other(record.open, use, released=False, listed=listed)


def _there(other: Elsewhere, room: PlanningContext) -> _Other:
    use = _use(other.attempt, room)
    return _Other(other.attempt, use, released=other.released, listed=other.listed)


def _use(attempt: Attempt, room: PlanningContext) -> _Use:
    if attempt.state in UNCERTAIN:
        lost = room.now >= attempt.created_at + SETTLE
        return _Use.LOST if lost else _Use.RINGING
    call = room.observation.calls.get(attempt.call_sid or "")
    if call is not None and call.ended:
        return _Use.OVER
    answered = call is not None and call.status is CallStatus.IN_PROGRESS
    if answered or attempt.connected_at is not None:
        return _Use.ANSWERED
    unrecorded = call is None and room.now >= attempt.created_at + NO_RECORD
    return _Use.LOST if unrecorded else _Use.RINGING


def _busy(
    ring: Ring, others: Iterable[_Other], room: PlanningContext
) -> Waiting | None:
    """Why the phone is not rung yet, or None."""
    for other in others:
        where = _where(other.attempt, room)
        if other.use is _Use.RINGING:
            return _waits(ring, f"{mask(ring.to)} is being rung for {where}")
        if other.use is _Use.LOST:
            command = resolving(other.attempt.room, other.attempt.label)
            why = f"{mask(ring.to)} may be ringing for {where}, and the call is lost"
            ask = f"Did that call reach the phone? {command} --rung (or --not-rung)"
            return _waits(ring, f"{why}. {ask}", Phase.STALLED)
        if other.use is _Use.ANSWERED and not other.listed and not other.released:
            return _waits(
                ring,
                f"{mask(ring.to)} is on the line for {where}, "
                "who left that roster: called once that call is over",
            )
    return None


def _where(attempt: Attempt, room: PlanningContext) -> str:
    if attempt.room == room.roster.room:
        return attempt.label
    return f"{attempt.label} in {attempt.room}"


def _waits(ring: Ring, why: str, phase: Phase = Phase.WAITING) -> Waiting:
    return Waiting(ring.label, phase, f"not called yet: {why}")


def _left_behind(
    items: Iterable[Item], others: Iterable[_Other], room: PlanningContext
) -> dict[str, tuple[str, str]]:
    """Whose ring which guard withholds for people left in a released room, and why.

    Where most of the phones to ring are, the room was renamed: then nobody is
    rung, for the others would sit in a room of their own.
    """
    rings = [each for each in items if isinstance(each, Ring)]
    rooms = {
        other.attempt.address: other.attempt.room
        for other in others
        if other.released and other.use is _Use.ANSWERED
    }
    behind = [each for each in rings if normal_address(each.to) in rooms]
    if not behind:
        return {}
    names = sorted({rooms[normal_address(each.to)] for each in behind})
    moved = 2 * len(behind) >= len(rings)
    held, guard = (rings, RELEASED_ROOM) if moved else (behind, ON_THE_LINE)
    are = counted(len(behind), "of these phones is", "of these phones are")
    reason = (
        f"{are} on the line in {', '.join(names)}, which was released. "
        f"To call them all the same: reconciler approve {quoted(room.roster.room)}"
    )
    return {each.label: (guard, reason) for each in held}
