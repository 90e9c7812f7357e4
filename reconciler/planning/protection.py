"""``protect``: members removed only if named in an approval.

removal of                                       becomes
a protected member, listed or dismissed since    withheld
a call of one, whose number nobody has any more  withheld, by its call SID
everybody, with a protected member in the room   withheld
a phone that nobody answered, a machine          goes
anybody, approved by a command with their label  goes

That a call is protected is remembered of it, so that an edit which takes the member
away does not take the protection with it.
"""

from collections.abc import Iterable, Iterator

from reconciler.model.action import Remove
from reconciler.model.ledger import GuardKind
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.describe import quoted
from reconciler.planning.guards import PROTECTED_GUARD, cuts_off
from reconciler.planning.memory import PROTECTED, Notes
from reconciler.planning.plan import Withheld


def protect(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items* with each removal of somebody protected withheld."""
    items = tuple(items)
    going = any(isinstance(each, Remove) and cuts_off(each) for each in items)
    calls = _protected(room) if going else {}
    if not calls or room.lifts(GuardKind.PROTECTED):
        yield from items
        return
    for item in items:
        if not isinstance(item, Remove) or not cuts_off(item):
            yield item
        elif item.call_sid is None:
            yield _withheld(item, room, tuple(dict.fromkeys(calls.values())))
        elif item.call_sid in calls:
            yield _withheld(item, room, (calls[item.call_sid],))
        else:
            yield item


def protected_to_remember(room: PlanningContext) -> Notes:
    """What to remember of the calls of members whose protection is not noted so."""
    return {
        leg.call_sid: {PROTECTED: True if member.protect else None}
        for member in room.roster.members
        for leg in room.legs_of(member.label)
        if leg.connected and member.protect != bool(_noted(room, leg.call_sid))
    }


def _protected(room: PlanningContext) -> dict[str, str]:
    """The labels of protected people in the room, by call SID.

    Of a second call whose number left the roster no label tells: its call SID does.
    """
    labels = {
        leg.call_sid: label
        for label in room.records
        for leg in room.legs_of(label)
        if leg.connected and _is_protected(room, label, leg.call_sid)
    }
    return labels | {
        leg.call_sid: leg.call_sid
        for leg in room.seating.strangers
        if leg.connected and _noted(room, leg.call_sid)
    }


def _is_protected(room: PlanningContext, label: str, call_sid: str) -> bool:
    member = room.roster.member(label)
    return member.protect if member else _noted(room, call_sid)


def _noted(room: PlanningContext, call_sid: str) -> bool:
    return bool(room.ledger.memory.get(call_sid, {}).get(PROTECTED))


def _withheld(
    remove: Remove, room: PlanningContext, names: tuple[str, ...]
) -> Withheld:
    command = " ".join(f"--protected {quoted(each)}" for each in names)
    which = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} protected"
    how = f"reconciler approve {quoted(room.roster.room)} {command}"
    reason = f"{remove.reason}; {which} from removal. To remove: {how}"
    return Withheld(remove, PROTECTED_GUARD, reason, names)
