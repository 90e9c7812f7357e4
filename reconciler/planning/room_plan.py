"""Plans one room: who goes, who comes, who is corrected, who is silent meanwhile."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from reconciler.model.action import Action, Change, ChangeKind, Harm, Remove, Ring
from reconciler.model.observation import Participant
from reconciler.model.roster import RoomState
from reconciler.planning import ended_room
from reconciler.planning.coach_safety import silences, spare_coached, uncontrolled
from reconciler.planning.condition import conditions
from reconciler.planning.context import Item, PlanBuilder, PlanningContext
from reconciler.planning.file_quiet_period import exposures_until_quiet, until_quiet
from reconciler.planning.flapping import suppress_flapping
from reconciler.planning.guards import limit_exposures, limit_removals, limit_rings
from reconciler.planning.leg_diff import diff_leg
from reconciler.planning.member_steps import arrive, compare
from reconciler.planning.order import in_order
from reconciler.planning.phones import spare_phones
from reconciler.planning.plan import Person, Phase, Plan, Waiting, Withheld
from reconciler.planning.protection import protect
from reconciler.planning.quorum import Quorum, quorum
from reconciler.planning.redial_muted import recalls
from reconciler.planning.removal import removals
from reconciler.planning.removal_order import (
    coming,
    defer_conference_ending,
    empties,
    without_dependants,
)
from reconciler.planning.replacement import without_idle_waits
from reconciler.planning.retry import hold_back
from reconciler.planning.strangers import silenced_meanwhile
from reconciler.planning.targets import aimed, narrowed
from reconciler.planning.unread_calls import maybe_in


def plan_room(room: PlanningContext) -> Plan:
    """What is to be done in *room*, with what is withheld and waited for."""
    ended = room.roster.state is RoomState.ENDED
    plan = _close(room) if ended else _converge(room)
    if room.only is None:
        return plan
    return narrowed(plan, plan_room(replace(room, only=None)), room.only)


def _close(room: PlanningContext) -> Plan:
    draft = PlanBuilder()
    closing = aimed(ended_room.close(room), room)
    closed = until_quiet(closing, room)
    draft.take(limit_removals(protect(closed, room), room))
    draft = hold_back(draft, room)
    if not any(
        isinstance(action, Remove) and action.connected for action in draft.actions
    ):
        draft.take(_silences_meanwhile(room))
    return _plan(room, draft, ended_room.people_of(room))


def _silences_meanwhile(room: PlanningContext) -> Iterator[Change]:
    """Who is to be silent in a room that is not ended yet."""
    for action in _converge(room).actions:
        if isinstance(action, Change) and action.harm is Harm.SILENCE:
            yield action


def _converge(room: PlanningContext) -> Plan:
    """Who goes, who comes, who is corrected, and who is silent meanwhile."""
    draft, coached = PlanBuilder(), uncontrolled(room)
    standing = quorum(room, room.superseded)
    draft.take(spare_coached(_removals(_with(room, standing), standing), coached))
    draft.take(recalls(room, draft.going))
    away, room = _away(room, draft), replace(room, going=draft.going)
    room, arrivals, standing = _arrivals(room, away, standing)
    draft.take(arrivals)
    draft.take(standing.exhausted)
    draft.waiting = [*without_idle_waits(draft.waiting, room, arrivals)]
    others = without_dependants(arrivals, room, draft.going)
    draft = defer_conference_ending(draft, room, arrivals=others)
    going, compared = draft.going, set[str]()
    for member in room.roster.members:
        for leg in room.legs_of(member.label):
            if leg.call_sid not in going:
                changes = spare_coached(compare(room, member, leg, away), coached)
                draft.take(aimed(changes, room))
                compared.add(leg.call_sid)
    draft.actions = _once(draft.actions, silences(room, away, frozenset(compared)))
    draft.actions = [_marked(action, standing) for action in draft.actions]
    draft = exposures_until_quiet(suppress_flapping(draft, room), room)
    draft = hold_back(limit_exposures(draft, room), room)
    draft.take(_silences_of_kept(room, draft, away, going - draft.going))
    plan = _plan(room, draft, _people(room, draft.waiting))
    if standing.groups:
        plan = replace(plan, groups=standing.groups)
    found = tuple(conditions(plan))
    return replace(plan, conditions=found) if found else plan


def _silences_of_kept(
    room: PlanningContext,
    draft: PlanBuilder,
    away: frozenset[str],
    kept: Collection[str],
) -> Iterator[Item]:
    """The silences of those whose removal is held back, or not yet planned.

    Of members from the calls *kept*, and of people whom the roster has no more.
    """
    plan_builder = PlanBuilder()
    changed = {
        action.call_sid for action in draft.actions if isinstance(action, Change)
    }
    kept = frozenset(kept) - changed
    for member in room.roster.members:
        for leg in room.legs_of(member.label):
            if leg.call_sid in kept and leg.connected:
                plan_builder.take(diff_leg(room, member, leg, away).silences())
    others = draft.going | changed
    dismissed = (x for x in _dismissed(room) if x[1].call_sid not in others)
    plan_builder.take(aimed(silenced_meanwhile(room, dismissed), room))
    held = hold_back(suppress_flapping(plan_builder, room), room)
    return chain(held.actions, held.withheld, held.waiting)


def _removals(room: PlanningContext, standing: Quorum) -> Iterator[Item]:
    """Who goes, as far as the guards let them."""
    items = tuple(aimed(removals(room, standing.going), room))
    emptying = empties(items, room) and not coming(
        _arrivals(room, frozenset(), standing)[1]
    )
    return limit_removals(protect(items, room), room, emptying=emptying)


def _arrivals(
    room: PlanningContext, away: frozenset[str], standing: Quorum
) -> tuple[PlanningContext, list[Item], Quorum]:
    """Who comes; a group calls the next one where a candidate cannot be called."""
    blocked = room.superseded
    while True:
        after, items = _called(_with(room, standing), away)
        stuck = standing.calling.intersection(_stalled(items)) - blocked
        if not stuck:
            return after, items, standing
        blocked |= stuck
        standing = quorum(room, blocked)


def _with(room: PlanningContext, standing: Quorum) -> PlanningContext:
    taken = {x: f"replaced by {room.replaced[x].heir}" for x in room.superseded}
    standby = {**standing.standby, **taken}
    return room if standby == room.standby else replace(room, standby=standby)


def _stalled(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Waiting) and item.phase is Phase.STALLED:
            yield item.label


def _called(
    room: PlanningContext, away: frozenset[str]
) -> tuple[PlanningContext, list[Item]]:
    """Who comes; again while people would wait for somebody who is not called."""
    members = sorted(room.roster.members, key=lambda member: member.priority)
    while True:
        items = [item for m in members for item in arrive(room, m, away)]
        items = list(aimed(spare_phones(items, room), room))
        limited = list(limit_rings(until_quiet(items, room), room))
        unrung = room.unrung.union(_uncalled(limited))
        if unrung == room.unrung:
            return room, limited
        room = replace(room, unrung=unrung)


def _uncalled(items: Iterable[Item]) -> Iterator[str]:
    """The labels that only a person can have called."""
    yield from _stalled(items)
    for item in items:
        if isinstance(item, Withheld) and isinstance(item.action, Ring):
            yield item.action.label


def _plan(room: PlanningContext, draft: PlanBuilder, people: Iterable[Person]) -> Plan:
    return Plan(
        room.roster.room,
        room.generation,
        room.observation.conference,
        actions=in_order(draft.actions),
        withheld=tuple(draft.withheld),
        waiting=tuple(draft.waiting),
        people=tuple(people),
        dismissed=tuple(_dismissed(room)),
        unlisted=room.matching.strangers,
        doubts={
            sid: ambiguity.reason for sid, ambiguity in room.matching.uncertain.items()
        },
        maybe_in=maybe_in(room),
    )


def _dismissed(room: PlanningContext) -> Iterator[tuple[str, Participant]]:
    """The legs of people whom the roster listed before."""
    members = {member.label for member in room.roster.members}
    for label in room.records:
        if label not in members:
            for leg in room.legs_of(label):
                yield label, leg


def _away(room: PlanningContext, draft: PlanBuilder) -> frozenset[str]:
    """Calls that are, or are about to be, out of the conversation."""
    held = (m.label for m in room.roster.members if m.hold is True)
    return (
        draft.going
        | {leg.call_sid for label in held for leg in room.legs_of(label)}
        | {leg.call_sid for leg in room.legs if room.leaving(leg.call_sid)}
        | {
            action.call_sid
            for action in draft.actions
            if isinstance(action, Change) and action.kind is ChangeKind.HOLD
        }
    )


def _marked(action: Action, standing: Quorum) -> Action:
    """*action*; a ring says whether it is that of the next of a group."""
    if isinstance(action, Ring) and action.label in standing.fallbacks:
        return replace(action, fallback=True)
    return action


def _once(actions: Iterable[Action], silences: Iterable[Change]) -> list[Action]:
    """*actions* and *silences*, which stand for other mutes of the same call."""
    first = {change.call_sid: change for change in silences}
    rest = [
        action
        for action in actions
        if not (
            isinstance(action, Change)
            and action.kind is ChangeKind.MUTE
            and action.call_sid in first
        )
    ]
    return [*first.values(), *rest]


def _people(room: PlanningContext, waiting: Iterable[Waiting]) -> Iterator[Person]:
    first: dict[str, Waiting] = {}
    for each in waiting:
        first.setdefault(each.label, each)
    for member in room.roster.members:
        leg, wait = room.leg(member.label), first.get(member.label)
        extras = room.legs_of(member.label)[1:]
        if wait is None:
            phase = Phase.CONNECTED if leg else Phase.ABSENT
            yield Person(member, leg, phase, extras=extras)
        else:
            yield Person(
                member, leg, wait.phase, wait.reason, wait.until, wait.since, extras
            )
