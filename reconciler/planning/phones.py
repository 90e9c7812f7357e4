"""Phones not to be called now because another label or room calls them.

open attempt of the same phone          the ring
about to ring, of any label or room     waits
lost, of any label or room              waits; after half a minute for a person
answered, its label still listed        continues: the phone is in several rooms
answered, its label dismissed           waits until that call is over; after half
                                        a minute for a person
answered, its label of this room has    the same; for a person only where that call
another number now                      is not to be removed
answered, its room released             is withheld until a person approves it
over by its call's own record           continues

Where the other ring is withheld itself, the wait is for a person too.
"""

from collections.abc import Iterable, Iterator
from enum import Enum, auto

from msgspec import Struct

from reconciler.model.action import Ring
from reconciler.model.attempt import UNCERTAIN, Attempt
from reconciler.model.ledger import Elsewhere
from reconciler.model.masking import mask
from reconciler.model.observation import CallStatus
from reconciler.model.phone import normal_address
from reconciler.planning.absence import LOST_CREATE_SECONDS, NO_RECORD_SECONDS
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.describe import counted, explaining, quoted, resolving
from reconciler.planning.plan import Phase, Waiting, Withheld
from reconciler.planning.renumbered import renumbered

RELEASED_ROOM = "released-room"
"""The guard of a renamed room: most of its phones are on the line in the old one."""

LET_GO_SECONDS = 30.0
"""Seconds after which a call that is to be ended, and continues, needs a person."""

ON_THE_LINE = "on-the-line"
"""The guard of single phones that are on the line in a released room."""


class _Use(Enum):
    """What an attempt makes of its phone."""

    RINGING = auto()
    LOST = auto()
    ANSWERED = auto()
    OVER = auto()


class _Other(Struct, frozen=True):
    """An open attempt of another label or room, and what became of it."""

    attempt: Attempt
    use: _Use
    released: bool
    listed: bool
    renumbered: bool = False
    dismissed_at: float | None = None


def spare_phones(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items* without the rings of phones that another label or room rings."""
    items = tuple(items)
    others = [*_here(room), *(_there(other, room) for other in room.ledger.elsewhere)]
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
            yield _after(item, rung[phone], room)
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
            yield _Other(
                record.open,
                _use(record.open, room),
                released=False,
                listed=record.dismissed_at is None,
                renumbered=renumbered(record),
                dismissed_at=record.dismissed_at,
            )


def _there(other: Elsewhere, room: PlanningContext) -> _Other:
    return _Other(
        other.attempt,
        _use(other.attempt, room),
        released=other.released,
        listed=other.listed,
        dismissed_at=other.dismissed_at,
    )


def _use(attempt: Attempt, room: PlanningContext) -> _Use:
    if attempt.state in UNCERTAIN:
        lost = room.now >= attempt.created_at + LOST_CREATE_SECONDS
        return _Use.LOST if lost else _Use.RINGING
    call = room.observation.calls.get(attempt.call_sid or "")
    if call is not None and call.ended:
        return _Use.OVER
    answered = call is not None and call.status is CallStatus.IN_PROGRESS
    if answered or attempt.connected_at is not None:
        return _Use.ANSWERED
    unrecorded = call is None and room.now >= attempt.created_at + NO_RECORD_SECONDS
    return _Use.LOST if unrecorded else _Use.RINGING


def _busy(
    ring: Ring, others: Iterable[_Other], room: PlanningContext
) -> Waiting | None:
    """Why the phone is not rung yet, or None."""
    for other in others:
        where = _where(other.attempt, room)
        if other.use is _Use.RINGING:
            return _waits(ring, f"{mask(ring.to)} is being called for {where}")
        if other.use is _Use.LOST:
            command = resolving(other.attempt.room, other.attempt.label)
            why = (
                f"{mask(ring.to)} may be ringing for {where}: the outcome of that call "
                "is unknown"
            )
            ask = f"Did that call reach the phone? {command} --rung (or --not-rung)"
            return _waits(ring, f"{why}. {ask}", Phase.STALLED)
        if other.use is _Use.ANSWERED and _let_go(other):
            return _until_let_go(ring, other, room)
    return None


def _let_go(other: _Other) -> bool:
    """Whether the call is to end: its label is gone, or has another number now."""
    return other.renumbered or not (other.listed or other.released)


def _until_let_go(ring: Ring, other: _Other, room: PlanningContext) -> Waiting:
    """The wait for a call that is to be ended; for a person if it continues.

    The end may be withheld, the other room paused, or its file refused.
    """
    attempt, asked_at = other.attempt, room.records[ring.label].changed_at
    what = "which is no longer in that roster"
    since = max(asked_at, other.dismissed_at or asked_at)
    if other.renumbered:
        what = "whose number has changed"
        since = max(asked_at, room.records[attempt.label].changed_at)
    why = (
        f"{mask(ring.to)} is in a call for {_where(attempt, room)}, {what}; "
        "called once that call has ended"
    )
    ending = other.renumbered and attempt.call_sid in room.going
    if ending or 0.0 <= room.now - since < LET_GO_SECONDS:
        return _waits(ring, why)
    ask = f"To see why it has not ended: {explaining(attempt.room, attempt.label)}"
    return _waits(ring, f"{why}. {ask}", Phase.STALLED)


def _after(ring: Ring, label: str, room: PlanningContext) -> Waiting:
    """The wait for the ring of *label*, which is another's of the same phone."""
    phone = mask(ring.to)
    if label not in room.unrung:
        return _waits(ring, f"{phone} is being called for {label}")
    why = f"{phone} is to be called for {label} first, and that ring is withheld"
    approve = f"reconciler approve {quoted(room.roster.room)}"
    return _waits(ring, f"{why}. To allow it: {approve}", Phase.STALLED)


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
    rings = [item for item in items if isinstance(item, Ring)]
    rooms = {
        other.attempt.address: other.attempt.room
        for other in others
        if other.released and other.use is _Use.ANSWERED
    }
    behind = [ring for ring in rings if normal_address(ring.to) in rooms]
    if not behind:
        return {}
    names = sorted({rooms[normal_address(ring.to)] for ring in behind})
    moved = 2 * len(behind) >= len(rings)
    held, guard = (rings, RELEASED_ROOM) if moved else (behind, ON_THE_LINE)
    are = counted(len(behind), "of these phones is", "of these phones are")
    reason = (
        f"{are} on the line in {', '.join(names)}, which was released. "
        f"To call them all the same: reconciler approve {quoted(room.roster.room)}"
    )
    return {ring.label: (guard, reason) for ring in held}
