"""Safety guards: how much may happen to a room without a person's approval.

kind       withheld as a whole when                                        guard
removals   more than ``limits.removals`` in ten minutes, earlier ones too  limits.removals
removals   the roster no longer lists anybody                              emptied-roster
removals   nobody declared would be connected, and nobody is to come       nobody-connected
protected  somebody under ``protect`` would be removed                     protected
rings      more than ``limits.rings`` in one plan                          limits.rings
unread     they may be in by one of ever new calls without a record        unread-calls
exposures  more than ``limits.exposures`` people in ten minutes, by edits  limits.exposures

A kind that was withheld stays so, whatever is left of it, until a person approves it or
an edit is about it (see ``planning.withheld_edits``). A phone that nobody has answered
is let off freely, and so is an answering machine.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.model.action import Action, Change, ChangeKind, Harm, Remove, Ring
from reconciler.model.ledger import GuardKind, Ledger, WithheldKind
from reconciler.model.observation import Observation, Unknown
from reconciler.planning.call_facts import EXPOSED
from reconciler.planning.context import Item, PlanBuilder, PlanningContext
from reconciler.planning.describe import counted, quoted
from reconciler.planning.edit_exposures import by_edit
from reconciler.planning.plan import Plan, Withheld

PROTECTED_GUARD = "protected"
"""The guard of members whom no plan removes; see ``planning.protection``."""

NEEDS_REDIAL = "needs-redial"
UNREAD_CALLS = "unread-calls"
"""The guard of rings that wait for records of calls; see ``planning.unread_calls``."""

KINDS: Mapping[str, GuardKind] = {
    "limits.removals": GuardKind.REMOVALS,
    "emptied-roster": GuardKind.REMOVALS,
    "nobody-connected": GuardKind.REMOVALS,
    "redial-interval": GuardKind.REMOVALS,
    "unread-file": GuardKind.REMOVALS,
    "unread-file-rings": GuardKind.RINGS,
    "unread-file-exposures": GuardKind.EXPOSURES,
    PROTECTED_GUARD: GuardKind.PROTECTED,
    NEEDS_REDIAL: GuardKind.REDIALS,
    UNREAD_CALLS: GuardKind.UNREAD,
    "limits.rings": GuardKind.RINGS,
    "released-room": GuardKind.RINGS,
    "on-the-line": GuardKind.RINGS,
    "limits.exposures": GuardKind.EXPOSURES,
    "flapping": GuardKind.FLAPPING,
}
"""What an approval allows, by guard; it lifts no other guard."""

_PASSING = frozenset(
    {"flapping", "on-the-line", "redial-interval"}
    | {"unread-file", "unread-file-rings", "unread-file-exposures"}
    | {PROTECTED_GUARD, NEEDS_REDIAL, UNREAD_CALLS}
)
"""Guards of what is so now: they withhold no longer than that."""

EXPOSURES_COUNT_SECONDS = 600.0
"""Seconds for which somebody whom an edit let be heard counts."""

_END = "end the room"

_Verdict = tuple[str, str]
"""A guard and its reason."""


def to_approve(room: str, doing: str) -> str:
    """The end of a reason: the command that allows it."""
    return f"To {doing}: reconciler approve {quoted(room)}"


def withheld_kinds(plan: Plan, ledger: Ledger, now: float) -> tuple[WithheldKind, ...]:
    """The kinds that *plan* withholds and that are not on record as withheld.

    Rings beside approved ones that are still to be done are counted again later.
    """
    found: dict[GuardKind, WithheldKind] = {}
    for withheld in plan.withheld:
        kind = KINDS.get(withheld.guard)
        if kind is None or withheld.guard in _PASSING:
            continue
        held = ledger.withheld.get(kind)
        if held and (_of_end(withheld.reason) or not _of_end(held.reason)):
            continue
        if kind is GuardKind.RINGS and plan.approval_use.remaining:
            continue
        found.setdefault(kind, WithheldKind(kind, withheld.guard, withheld.reason, now))
    return tuple(found.values())


def limit_removals(
    items: Iterable[Item], room: PlanningContext, *, emptying: bool = False
) -> Iterator[Item]:
    """*items* with all removals of connected people withheld if they are too many.

    *emptying* says that nobody declared would be connected after them.
    """
    items = tuple(items)
    removes = [item for item in items if isinstance(item, Remove) and cuts_off(item)]
    verdict = _verdict(GuardKind.REMOVALS, room) if removes else None
    ends = any(remove.call_sid is None for remove in removes)
    if verdict is not None and _of_end(verdict[1]) is not ends:
        fresh = _too_many_removals(removes, room, emptying=emptying)
        verdict = fresh or (verdict if ends else None)
    if removes and verdict is None and not room.lifts(GuardKind.REMOVALS):
        verdict = _too_many_removals(removes, room, emptying=emptying)
    return _withholding(items, removes, verdict)


def limit_rings(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items* with all rings withheld if they are too many."""
    items = tuple(items)
    rings = [item for item in items if isinstance(item, Ring)]
    most, verdict = room.roster.limits.rings, None
    if rings:
        verdict = _verdict(GuardKind.RINGS, room)
    if verdict is None and len(rings) > most and not room.lifts(GuardKind.RINGS):
        what = f"{counted(len(rings), 'ring', 'rings')}, more than limits.rings: {most}"
        command = to_approve(room.roster.room, "ring them")
        verdict = "limits.rings", f"{what}. {command}"
    return _withholding(items, rings, verdict)


def limit_exposures(draft: PlanBuilder, room: PlanningContext) -> PlanBuilder:
    """*draft* with what edits expose withheld if it is too many people.

    What is not withheld remembers when, unless a person approved it.
    """
    exposing = [
        action
        for action in draft.actions
        if isinstance(action, Change) and action.harm is Harm.EXPOSE
    ]
    released = {
        change.call_sid for change in exposing if change.kind is ChangeKind.HOLD
    }
    changes = [change for change in exposing if by_edit(change, room, released)]
    limited = PlanBuilder(withheld=draft.withheld, waiting=draft.waiting)
    if not changes or room.lifts(GuardKind.EXPOSURES):
        limited.actions = draft.actions
        return limited
    verdict = _verdict(GuardKind.EXPOSURES, room) or _too_many_exposures(changes, room)
    counted_at = None if verdict else _exposed_at(room)
    for item in _withholding(draft.actions, changes, verdict):
        limited.take([_counted(item, changes, counted_at)])
    return limited


def _too_many_exposures(
    changes: Iterable[Change], room: PlanningContext
) -> _Verdict | None:
    """Why *changes* are too many, with what edits exposed within ten minutes."""
    people, earlier = {change.call_sid for change in changes}, _exposed_lately(room)
    count, most = len(people | earlier.keys()), room.roster.limits.exposures
    if count <= most:
        return None
    before = len(earlier.keys() - people)
    what = (
        f"{counted(count, 'person', 'people')} would be unmuted, taken off hold or no "
        f"longer coach within 10 minutes{f', {before} of them earlier' if before else ''}, "
        f"more than limits.exposures: {most}"
    )
    command = to_approve(room.roster.room, "let them be heard")
    return "limits.exposures", f"{what}. {command}"


def _exposed_lately(room: PlanningContext) -> Mapping[str, int]:
    """When edits let whom be heard in the last ten minutes, by call SID."""
    noted = {sid: kept.get(EXPOSED) for sid, kept in room.ledger.memory.items()}
    return {
        sid: at
        for sid, at in noted.items()
        if isinstance(at, int) and at > room.now - EXPOSURES_COUNT_SECONDS
    }


def _exposed_at(room: PlanningContext) -> int:
    """Now, or when the last one was: a clock that was put back shortens no count."""
    return max((int(room.now), *_exposed_lately(room).values()))


def _counted(item: Item, changes: Iterable[Change], at: int | None) -> Item:
    """*item*, which remembers *at* that it exposed somebody if it is one of *changes*."""
    if (
        at is None
        or not isinstance(item, Change)
        or not any(x is item for x in changes)
    ):
        return item
    return replace(item, memory=(*item.memory, (EXPOSED, at)))


def _verdict(kind: GuardKind, room: PlanningContext) -> _Verdict | None:
    """Why *kind* is withheld already, or None."""
    held = room.ledger.withheld.get(kind)
    if held is None or room.lifts(kind):
        return None
    return held.guard, held.reason


def _of_end(reason: str) -> bool:
    """Whether removals were withheld because they end the room.

    In a room that is open again that is no reason to withhold others.
    """
    return f"To {_END}: " in reason


def _withholding(
    items: Iterable[Item], kind: Iterable[Action], verdict: _Verdict | None
) -> Iterator[Item]:
    chosen = set(map(id, kind)) if verdict else set()
    for item in items:
        if isinstance(item, Ring | Remove | Change) and verdict and id(item) in chosen:
            yield Withheld(item, *verdict)
        else:
            yield item


def _too_many_removals(
    removes: Iterable[Remove], room: PlanningContext, *, emptying: bool
) -> _Verdict | None:
    roster, ledger = room.roster, room.ledger
    ends = any(remove.call_sid is None for remove in removes)
    command = to_approve(roster.room, _END if ends else "remove them")
    if ledger.emptied and not roster.members:
        return "emptied-roster", f"the roster no longer lists anybody; {command}"
    going = {sid for remove in removes for sid in calls_ended(remove, room.observation)}
    new, most = going - ledger.removals.keys(), roster.limits.removals
    count = len(new) + len(ledger.removals)
    if going and count > most:
        earlier = f", {len(ledger.removals)} of them earlier" if ledger.removals else ""
        within = f"{counted(count, 'removal', 'removals')} within 10 minutes{earlier}"
        what = f"{within}, more than limits.removals: {most}"
        return "limits.removals", f"{what}. {command}"
    if emptying:
        why = "no declared member would stay connected, and none is being called"
        return "nobody-connected", f"{why}. {command}"
    return None


def cuts_off(remove: Remove) -> bool:
    """Whether a person is cut off: a machine, or a phone that rings, is nobody."""
    return remove.connected and not remove.machine


def calls_ended(remove: Remove, observation: Observation | Unknown) -> tuple[str, ...]:
    """The calls of people on the line whom a removal cuts off."""
    if not cuts_off(remove) or isinstance(observation, Unknown):
        return ()
    if remove.call_sid is not None:
        return (remove.call_sid,)
    return tuple(leg.call_sid for leg in observation.participants if leg.connected)
