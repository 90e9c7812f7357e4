"""Safety guards: change limits and last-participant protection.

A limit withholds its whole kind: half of a mistake is a mistake too. A
person's approval lifts the limits; it never lifts what protects the people on
the line from the order of the requests.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.action import Change, Concern, Harm, Remove, Ring, Shift
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Participant
from reconciler.model.roster import Limits, Roster
from reconciler.planning.diff import END_FLAG, VOID_END_FLAG, EndFlag
from reconciler.planning.memory import STRANGER, assumed
from reconciler.planning.plan import Phase, Waiting, Withheld
from reconciler.planning.room import Draft, Item, Room


def approve(ledger: Ledger, reason: str | None) -> Ledger:
    """The ledger with a person's word that withheld actions may go through."""
    return ledger if reason is None else replace(ledger, approved=reason)


def limit(items: Iterable[Item], roster: Roster, ledger: Ledger) -> Iterator[Item]:
    """*items*, all removals or all rings withheld if they are too many."""
    items = tuple(items)
    over = {} if ledger.approved is not None else _over(items, roster, ledger)
    for item in items:
        if isinstance(item, Ring | Remove) and type(item) in over:
            guard, reason = over[type(item)]
            yield Withheld(item, guard, reason)
        else:
            yield item


def _over(
    items: Iterable[Item], roster: Roster, ledger: Ledger
) -> dict[type, tuple[str, str]]:
    counts = Counter(type(item) for item in items)
    limits: Limits = roster.limits
    over: dict[type, tuple[str, str]] = {}
    if ledger.emptied and not roster.members:
        why = "the roster names nobody any more; 'reconciler approve' empties the room"
        over[Remove] = ("emptied-roster", why)
    elif counts[Remove] > limits.removals:
        over[Remove] = _exceeded("removals", counts[Remove], limits.removals)
    if counts[Ring] > limits.rings:
        over[Ring] = _exceeded("rings", counts[Ring], limits.rings)
    return over


def _exceeded(kind: str, count: int, most: int) -> tuple[str, str]:
    name = f"limits.{kind}"
    force = "'reconciler approve' or 'sync --force' lets them through"
    return name, f"{count} {kind} exceed {name}: {most}; {force}"


def put_off(draft: Draft, room: Room, *, joining: bool) -> Draft:
    """*draft* without removals that would end the conference for others.

    *joining* says that somebody else is still to come.
    """
    by_call = {leg.call_sid: leg for leg in room.legs if leg.connected}
    staying = any(sid not in draft.going and not room.leaving(sid) for sid in by_call)
    spare_last = joining and not staying
    spared = Draft(withheld=draft.withheld, waiting=draft.waiting)
    for action in draft.actions:
        leg = by_call.get(action.call_sid or "") if isinstance(action, Remove) else None
        if leg is None or not isinstance(action, Remove):
            spared.take([action])
        elif spare_last:
            spare_last = False
            spared.take(_spare(room, action, leg))
        elif (staying or joining) and leg.end_conference_on_exit:
            spared.take(_clear_end_flag(room, action, leg))
        else:
            spared.take([action])
    return spared


def _later(remove: Remove, why: str) -> Waiting:
    return Waiting(remove.label, Phase.CONNECTED, f"removed later: {why}")


def _clear_end_flag(room: Room, remove: Remove, leg: Participant) -> Iterator[Item]:
    member = room.roster.member(remove.label)
    hold = member.hold if member else None
    memory = room.ledger.memory.get(leg.call_sid, {})
    flag = EndFlag(leg, False, hold, memory, frozenset({f"{END_FLAG}=False"}))
    if flag.void:
        reason = f"not removed: leaving ends the conference, and {VOID_END_FLAG}"
        yield Waiting(remove.label, Phase.STALLED, reason)
        return
    yield Change(
        label=remove.label,
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        concern=Concern.EXIT,
        shifts=flag.shifts,
        harm=Harm.NONE,
        reason=f"cleared before the removal: {remove.reason}",
        memory=flag.remembered,
    )
    yield _later(remove, "ends the conference by leaving")


def _spare(room: Room, remove: Remove, leg: Participant) -> Iterator[Item]:
    """A member stays as declared until rung anew; others are silenced."""
    if room.roster.member(remove.label) is None and not leg.muted:
        yield Change(
            label=remove.label,
            call_sid=leg.call_sid,
            conference_sid=leg.conference_sid,
            concern=Concern.MUTE,
            shifts=(Shift("muted", before=False, after=True),),
            harm=Harm.SILENCE,
            reason=f"silenced until the removal: {remove.reason}",
            memory=((assumed("muted"), STRANGER),),
        )
    yield _later(remove, "is the last one in, others are to join")
