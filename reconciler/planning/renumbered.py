"""Members whose number changed while they are in a call to the number before.

The phone of such a call may be declared for another member by now. That member is
called once the call is over, and is not taken out of a call of their own before that,
except where the members wait for each other in a circle.
"""

from collections.abc import Collection, Mapping

from reconciler.model.ledger import Record
from reconciler.model.phone import normal_address
from reconciler.planning.circle import circles
from reconciler.planning.context import PlanningContext
from reconciler.planning.identity import Ambiguity


def renumbered(record: Record) -> bool:
    """Whether a listed label has an open attempt to a phone it no longer declares."""
    attempt = record.open
    if attempt is None or record.dismissed_at is not None:
        return False
    return normal_address(record.to) != attempt.address


def declared_for_another(records: Mapping[str, Record]) -> dict[str, Ambiguity]:
    """Calls to phones that are another member's by now, by call SID.

    Nobody is exposed in them: the other may be declared muted, or a coach. It lasts
    until the call is over: its removal is planned, or withheld, by the redial.
    """
    by_phone = {
        normal_address(each.to): each.label
        for each in records.values()
        if each.dismissed_at is None
    }
    return {
        record.open.call_sid: Ambiguity(
            f"the phone is declared for {by_phone[record.open.address]} by now"
        )
        for record in records.values()
        if renumbered(record)
        and record.open
        and record.open.call_sid
        and record.open.address in by_phone
    }


def blocker(room: PlanningContext, label: str) -> Record | None:
    """Who is still in a call to the phone that *label* declares by now, or None."""
    record = room.records.get(label)
    if record is None:
        return None
    phone = normal_address(record.to)
    others = (x for x in room.records.values() if x.label != label and renumbered(x))
    return next((x for x in others if x.open and x.open.address == phone), None)


def blocked(room: PlanningContext, redialed: Collection[str]) -> dict[str, Record]:
    """Of the labels *redialed*, those whose redial waits, with the record waited for.

    Where all members of a circle are redialed, the first of them does not wait.
    """
    found = {x: found for x in redialed if (found := blocker(room, x)) is not None}

    def waits_for(label: str) -> str | None:
        return found[label].label if label in found else None

    for circle in list(circles(found, waits_for)):
        del found[circle[0]]
    return found
