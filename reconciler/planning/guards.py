"""What keeps a mistake from doing harm: limits, the last person, a war of wills.

A limit withholds its whole kind: half of a mistake is a mistake too.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.model.action import Action, Change, Concern, Harm, Remove, Ring, Shift
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Participant
from reconciler.model.roster import Limits, Roster
from reconciler.planning.diff import end_flag
from reconciler.planning.plan import Phase, Waiting, Withheld

FLAPPING = 3
"""Corrections of one field on one call in ten minutes that make a war."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What passed, what was withheld and what is put off."""

    actions: tuple[Action, ...]
    withheld: tuple[Withheld, ...] = ()
    waiting: tuple[Waiting, ...] = ()


def guard(
    actions: Sequence[Action],
    roster: Roster,
    ledger: Ledger,
    legs: Sequence[Participant],
    *,
    joining: bool,
) -> Guarded:
    """Apply every guard. *joining* says that somebody else is still to come.

    A person's approval lifts the limits and the brake on flapping; it never
    lifts what protects the people on the line from the order of the requests.
    """
    passed, withheld = _withhold_limits(actions, roster, ledger)
    passed, more = _withhold_flapping(passed, ledger)
    withheld += more
    passed, waiting = _spare_the_room(passed, legs, joining=joining)
    return Guarded(passed, withheld, waiting)


def _withhold_limits(
    actions: Sequence[Action], roster: Roster, ledger: Ledger
) -> tuple[tuple[Action, ...], tuple[Withheld, ...]]:
    if ledger.approved is not None:
        return tuple(actions), ()
    passed: list[Action] = []
    withheld: list[Withheld] = []
    over = _over(actions, roster.limits, emptied=_emptied(roster, ledger))
    for action in actions:
        name, reason = over.get(type(action), ("", ""))
        closes = isinstance(action, Remove) and action.call_sid is None
        if reason and not closes:
            withheld.append(Withheld(action, name, reason))
        else:
            passed.append(action)
    return tuple(passed), tuple(withheld)


def _emptied(roster: Roster, ledger: Ledger) -> bool:
    return ledger.emptied and not roster.members


def _over(
    actions: Iterable[Action], limits: Limits, *, emptied: bool
) -> dict[type, tuple[str, str]]:
    counts = Counter(type(action) for action in actions)
    over: dict[type, tuple[str, str]] = {}
    if emptied:
        over[Remove] = (
            "emptied-roster",
            "the roster names nobody any more; 'sync --force REASON' empties the room",
        )
    elif counts[Remove] > limits.removals:
        over[Remove] = (
            "limits.removals",
            _exceeded("removals", counts[Remove], limits.removals),
        )
    if counts[Ring] > limits.rings:
        over[Ring] = (
            "limits.rings",
            _exceeded("rings", counts[Ring], limits.rings),
        )
    return over


def _exceeded(kind: str, count: int, limit: int) -> str:
    force = "'sync --force REASON' lets them through"
    return f"{count} {kind} exceed limits.{kind}: {limit}; {force}"


def _withhold_flapping(
    actions: Sequence[Action], ledger: Ledger
) -> tuple[tuple[Action, ...], tuple[Withheld, ...]]:
    if ledger.approved is not None:
        return tuple(actions), ()
    counts = _corrections(actions, ledger)
    passed: list[Action] = []
    withheld: list[Withheld] = []
    unsilenced: set[str] = set()
    for action in actions:
        guard_name = _flapping(action, counts, unsilenced)
        if guard_name:
            withheld.append(Withheld(action, guard_name, _REASONS[guard_name]))
        else:
            passed.append(action)
    return tuple(passed), tuple(withheld)


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


_SHOWN = frozenset({"muted", "hold", "coaching", "end_conference_on_exit"})


def _corrections(actions: Sequence[Action], ledger: Ledger) -> Counter[tuple[str, str]]:
    """Corrections by call and field since the person's entry last changed."""
    since = {
        action.call_sid: record.changed_at
        for action in actions
        if isinstance(action, Change) and (record := ledger.records.get(action.label))
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
    action: Action, counts: Counter[tuple[str, str]], unsilenced: set[str]
) -> str:
    """The guard's name, or "". Notes whose silence is withheld in *unsilenced*."""
    if not isinstance(action, Change) or action.safety:
        return ""
    if action.harm is Harm.EXPOSE and action.call_sid in unsilenced:
        return "order"
    if action.concern is Concern.ANNOUNCE:
        return ""
    fields = corrected_fields(action)
    if not any(counts[action.call_sid, name] >= FLAPPING for name in fields):
        return ""
    if action.harm is Harm.SILENCE:
        unsilenced.add(action.call_sid)
    return "flapping"


def _spare_the_room(
    actions: Sequence[Action], legs: Sequence[Participant], *, joining: bool
) -> tuple[tuple[Action, ...], tuple[Waiting, ...]]:
    """Put off removals that would end the conference for those who stay."""
    by_call = {leg.call_sid: leg for leg in legs}
    going = {
        action.call_sid
        for action in actions
        if isinstance(action, Remove) and action.connected
    }
    staying = [leg for leg in legs if leg.connected and leg.call_sid not in going]
    spare_last = joining and not staying
    passed: list[Action] = []
    waiting: list[Waiting] = []
    for action in actions:
        leg = by_call.get(_dropped(action))
        if leg is None or not isinstance(action, Remove):
            passed.append(action)
        elif (staying or joining) and leg.end_conference_on_exit:
            passed.append(_clear_end_flag(action, leg))
            waiting.append(_later(action, "ends the conference by leaving"))
        elif spare_last:
            spare_last = False
            passed += _silence(action, leg)
            waiting.append(_later(action, "is the last one in, others are to join"))
        else:
            passed.append(action)
    return tuple(passed), tuple(waiting)


def _dropped(action: Action) -> str:
    if isinstance(action, Remove) and action.connected and action.call_sid:
        return action.call_sid
    return ""


def _later(remove: Remove, why: str) -> Waiting:
    return Waiting(remove.label, Phase.CONNECTED, f"removed later: {why}")


def _clear_end_flag(remove: Remove, leg: Participant) -> Change:
    return Change(
        label=remove.label,
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        concern=Concern.EXIT,
        shifts=end_flag(leg, wanted=False, again=True),
        harm=Harm.NONE,
        reason=f"cleared before the removal: {remove.reason}",
    )


def _silence(remove: Remove, leg: Participant) -> list[Change]:
    if leg.muted:
        return []
    return [
        Change(
            label=remove.label,
            call_sid=leg.call_sid,
            conference_sid=leg.conference_sid,
            concern=Concern.MUTE,
            shifts=(Shift("muted", before=False, after=True),),
            harm=Harm.SILENCE,
            reason=f"silenced until the removal: {remove.reason}",
        )
    ]


def approve(ledger: Ledger, reason: str | None) -> Ledger:
    """The ledger with a person's word that withheld actions may go through."""
    return ledger if reason is None else replace(ledger, approved=reason)
