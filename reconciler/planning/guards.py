"""What keeps a mistake from doing harm: limits, the last person, a war of wills.

A limit withholds its whole kind: half of a mistake is a mistake too. A
person's approval lifts the limits and the brake on flapping; it never lifts
what protects the people on the line from the order of the requests.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.action import Change, Concern, Harm, Remove, Ring, Shift
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Participant
from reconciler.model.roster import Limits, Roster
from reconciler.planning.diff import end_flag
from reconciler.planning.order import in_order
from reconciler.planning.plan import Phase, Waiting, Withheld
from reconciler.planning.room import Draft, Item, Room

FLAPPING = 3
"""Corrections of one field on one call in ten minutes that make a war."""

_SHOWN = frozenset(
    {"muted", "hold", "coaching", "call_sid_to_coach", "end_conference_on_exit"}
)


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
    yield Change(
        label=remove.label,
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        concern=Concern.EXIT,
        shifts=end_flag(leg, member, wanted=False, again=True),
        harm=Harm.NONE,
        reason=f"cleared before the removal: {remove.reason}",
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
            memory=(("muted", True),),
        )
    yield _later(remove, "is the last one in, others are to join")


def brake(draft: Draft, ledger: Ledger, now: float) -> Draft:
    """*draft* without what was corrected too often to be of use.

    Whoever is not silenced for that reason is not exposed either.
    """
    if ledger.approved is not None:
        return draft
    counts = _counted(draft, ledger, now)
    braked = Draft(withheld=draft.withheld, waiting=draft.waiting)
    unsilenced: set[str] = set()
    for action in in_order(draft.actions):
        guard = ""
        if isinstance(action, Change) and not action.safety:
            guard = _flapping(action, counts, unsilenced)
        braked.take([Withheld(action, guard, _REASONS[guard]) if guard else action])
    return _resting(braked)


def _resting(draft: Draft) -> Draft:
    """*draft* whose removals do not wait for an end flag that is not cleared."""
    stuck = {
        each.action.label
        for each in draft.withheld
        if isinstance(each.action, Change) and each.action.concern is Concern.EXIT
    }
    draft.waiting = [
        replace(each, settled=True) if each.label in stuck else each
        for each in draft.waiting
    ]
    return draft


def corrected_fields(change: Change) -> tuple[str, ...]:
    """What *change* puts right, as ``name=value``: what Twilio shows only.

    What is done for safety, or to undo that, is no correction of anybody.
    """
    if change.safety or any(name == "muted" for name, _ in change.memory):
        return ()
    return tuple(
        f"{shift.name}={shift.after}"
        for shift in change.shifts
        if shift.name in _SHOWN and shift.before != shift.after
    )


def _counted(draft: Draft, ledger: Ledger, now: float) -> Counter[tuple[str, str]]:
    """Corrections by call and field since the person's entry last changed."""
    since = {
        action.call_sid: record.changed_at
        for action in draft.actions
        if isinstance(action, Change)
        and (record := ledger.records.get(action.label))
        and record.changed_at <= now
    }
    return Counter(
        (each.call_sid, each.field)
        for each in ledger.corrections
        if each.at >= since.get(each.call_sid, 0.0)
    )


_REASONS = {
    "flapping": "corrected three times in ten minutes and changed back each time: "
    "somebody or something else wants it otherwise, or it does not take",
    "order": "the silence that must come first is withheld",
}


def _flapping(
    change: Change, counts: Counter[tuple[str, str]], unsilenced: set[str]
) -> str:
    """The guard's name, or "". Notes whose silence is withheld in *unsilenced*."""
    if change.harm is Harm.EXPOSE and change.call_sid in unsilenced:
        return "order"
    fields = corrected_fields(change)
    if not any(counts[change.call_sid, name] >= FLAPPING for name in fields):
        return ""
    if change.harm is Harm.SILENCE:
        unsilenced.add(change.call_sid)
    return "flapping"
