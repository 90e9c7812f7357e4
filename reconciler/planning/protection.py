"""``protect``: members removed only if named in an approval.

removal of                                       becomes
a protected member, listed or dismissed since    withheld
a call of one, whose number nobody has any more  withheld, by its call SID
a call that began while its number was that of   withheld, by its call SID
  a protected member
everybody, with a protected member in the room   withheld
a phone that nobody answered, a machine          goes
anybody, approved by a command with their label  goes

That a call is protected is remembered of it, so that an edit which takes the member
away does not take the protection with it. The numbers that such an edit takes away are
remembered too: somebody may have dialed in whom nobody had seen by then.
"""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.action import Remove
from reconciler.model.caller import withheld
from reconciler.model.ledger import GuardKind
from reconciler.model.observation import Participant
from reconciler.model.phone import normal_address
from reconciler.model.roster import Member
from reconciler.planning.call_facts import PROTECTED, Notes
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.describe import quoted
from reconciler.planning.guards import PROTECTED_GUARD, cuts_off
from reconciler.planning.plan import Withheld

CALL_SECONDS = 86400.0
"""The longest that a call lasts at Twilio."""

CLOCK_SKEW_SECONDS = 60.0
"""Seconds by which Twilio's clock and ours may differ."""


def past_protection(
    past: Mapping[str, float],
    before: Iterable[Member],
    after: Iterable[Member],
    now: float,
) -> dict[str, float]:
    """Until when each number was a protected member's, of those that are nobody's now.

    *past* is what it was for the members *before*; they become those *after*.
    """
    declared = {normal_address(member.to) for member in after}
    kept = {at: until for at, until in past.items() if now - until < CALL_SECONDS}
    lost = {normal_address(x.to): now for x in before if x.protect}
    return {at: until for at, until in (kept | lost).items() if at not in declared}


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
    """What to remember of the calls whose protection is not noted as it is."""
    former = {
        leg.call_sid: True
        for leg in room.matching.strangers
        if _was_protected(room, leg) and not _noted(room, leg.call_sid)
    }
    members = {
        leg.call_sid: True if member.protect else None
        for member in room.roster.members
        for leg in room.legs_of(member.label)
        if leg.connected and member.protect != bool(_noted(room, leg.call_sid))
    }
    return {sid: {PROTECTED: noted} for sid, noted in (former | members).items()}


def _protected(room: PlanningContext) -> dict[str, str]:
    """The labels of protected people in the room, by call SID.

    Of a second call whose number left the roster no label tells: its call SID does.
    """
    labels = {
        leg.call_sid: label
        for label in room.records
        for leg in room.legs_of(label)
        if leg.connected and _is_protected(room, label, leg)
    }
    return labels | {
        leg.call_sid: leg.call_sid
        for leg in room.matching.strangers
        if leg.connected and _stays_protected(room, leg)
    }


def _is_protected(room: PlanningContext, label: str, leg: Participant) -> bool:
    member = room.roster.member(label)
    return member.protect if member else _stays_protected(room, leg)


def _stays_protected(room: PlanningContext, leg: Participant) -> bool:
    return _noted(room, leg.call_sid) or _was_protected(room, leg)


def _was_protected(room: PlanningContext, leg: Participant) -> bool:
    """Whether the call began while its number was that of a protected member."""
    call = room.call(leg.call_sid)
    if call is None or withheld(call.party):
        return False
    until = room.ledger.past_protection.get(normal_address(call.party))
    began_at = leg.created_at or call.created_at or 0.0
    return until is not None and began_at <= until + CLOCK_SKEW_SECONDS


def _noted(room: PlanningContext, call_sid: str) -> bool:
    return bool(room.ledger.memory.get(call_sid, {}).get(PROTECTED))


def _withheld(
    remove: Remove, room: PlanningContext, names: tuple[str, ...]
) -> Withheld:
    command = " ".join(f"--protected {quoted(name)}" for name in names)
    which = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} protected"
    how = f"reconciler approve {quoted(room.roster.room)} {command}"
    reason = f"{remove.reason}; {which} from removal. To remove: {how}"
    return Withheld(remove, PROTECTED_GUARD, reason, names)
