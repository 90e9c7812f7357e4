"""The planner: a pure function of desired, observed and recorded state."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.action import Action, Change, ChangeKind, Harm, Remove, Ring
from reconciler.model.ledger import GuardKind, Ledger
from reconciler.model.observation import Observation, Unknown
from reconciler.model.roster import RoomState, Roster, Value
from reconciler.planning import ended_room
from reconciler.planning.approval import (
    approved,
    begin,
    continued,
    going_on,
    named,
    with_use,
    within,
)
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.coach_safety import silences, spare_coached, uncontrolled
from reconciler.planning.condition import conditions
from reconciler.planning.context import Item, PlanBuilder, PlanningContext
from reconciler.planning.departure import (
    coming,
    defer_conference_ending,
    empties,
    without_dependants,
)
from reconciler.planning.evidence import sightings, unproven
from reconciler.planning.flapping import suppress_flapping
from reconciler.planning.guards import limit_exposures, limit_removals, limit_rings
from reconciler.planning.handover import hand_over, used_up
from reconciler.planning.identity import seat_people
from reconciler.planning.machines import held_machines
from reconciler.planning.member_steps import arrive, compare
from reconciler.planning.memory import REMOVED, REMOVING, Notes
from reconciler.planning.order import in_order
from reconciler.planning.permission import permit
from reconciler.planning.phones import spare_phones
from reconciler.planning.plan import (
    ApprovalUse,
    Person,
    Phase,
    Plan,
    Waiting,
    Withheld,
)
from reconciler.planning.protection import protect, protected_to_remember
from reconciler.planning.quiet import until_quiet
from reconciler.planning.quorum import Quorum, quorum
from reconciler.planning.recall import recalls
from reconciler.planning.removal import removals
from reconciler.planning.replacement import (
    takeovers_to_remember,
    with_takeovers,
    without_idle_waits,
)
from reconciler.planning.resolve_attempts import resolve_attempts, rings_found
from reconciler.planning.retry import hold_back
from reconciler.planning.targets import aimed, narrowed
from reconciler.planning.unread import maybe_in, until_read
from reconciler.planning.without_record import looks_without_record

LOOK_AGAIN = 2.0
"""Seconds after which a room that is on its way is looked at again."""

ELSEWHERE_SECONDS = 10.0
"""The same for one that may wait for a call of another room."""


def make_plan(
    roster: Roster,
    observation: Observation | Unknown,
    ledger: Ledger,
    now: float,
    generation: int = 0,
    *,
    authority: Authority = GUARDED,
    only: frozenset[str] | None = None,
) -> Plan:
    """Compare and decide. *now* is in Unix seconds; *only* are labels to act on.

    An Unknown observation gives a plan without findings or actions. The plan
    of a room that is as declared is empty. What *authority* or the approval on
    record allows is among the actions; what the policy forbids is not. What
    another guard withholds then is allowed if it was approved, too.
    """

    def permitted(plan: Plan) -> Plan:
        return permit(plan, authority.policy, ledger.exhausted, now)

    def compared(kinds: frozenset[GuardKind]) -> Plan:
        return permitted(
            _compare(
                roster, observation, ledger, now, generation, only=only, lifted=kinds
            )
        )

    account_sid, forced = authority.account_sid, authority.kinds
    plan, use = compared(forced), ApprovalUse(forced, authority.forced)
    kinds = approved(plan, ledger, account_sid, now)
    if kinds:
        begun, lifted = begin(plan, ledger, account_sid), plan
        while not kinds <= begun.kinds:
            begun = replace(begun, kinds=begun.kinds | kinds)
            lifted = compared(forced | begun.kinds)
            kinds = approved(lifted, named(ledger, begun), account_sid, now)
        if not within(lifted, plan):
            return with_use(plan, ledger, use)
        plan, use = lifted, replace(begun, kinds=forced | begun.kinds)
    further = permitted(going_on(plan, ledger, account_sid, now))
    if further.withheld != plan.withheld:
        plan, use = further, continued(ledger, use)
    return with_use(plan, ledger, use)


def _compare(
    roster: Roster,
    observation: Observation | Unknown,
    ledger: Ledger,
    now: float,
    generation: int,
    *,
    only: frozenset[str] | None,
    lifted: frozenset[GuardKind],
) -> Plan:
    if isinstance(observation, Unknown):
        return Plan(
            roster.room,
            generation,
            requeue_after=LOOK_AGAIN,
            unknown=observation.reason,
        )
    handed = hand_over(roster.room, ledger, now)
    ledger = replace(ledger, records=handed.records)
    seating = seat_people(observation, ledger)
    settled = resolve_attempts(ledger, seating, observation, now)
    moved = used_up(settled.records.values(), now)
    settled = replace(settled, records=moved.records)
    memory: Notes = _joined(
        sightings(roster, settled.records, observation, ledger, now),
        rings_found(ledger.records, settled.findings),
        looks_without_record(settled.records.values(), observation, ledger, now),
    )
    ledger = replace(ledger, records=settled.records)
    room = PlanningContext(
        roster,
        observation,
        ledger,
        settled.records,
        seating,
        now,
        generation,
        unproven(seating, ledger, now),
        only=only,
        lifted=lifted,
    )
    room = with_takeovers(held_machines(room))
    memory = _joined(memory, takeovers_to_remember(room), protected_to_remember(room))
    plan = until_read(_decide(room))
    plan = replace(plan, people=tuple(_declared(plan.people, roster)))
    staying = _staying(room, plan)
    again = [now + ELSEWHERE_SECONDS] if plan.waiting and ledger.elsewhere else []
    return replace(
        plan,
        findings=(*handed.findings, *settled.findings, *moved.findings),
        memory=_noted(memory, plan, [x for x, at in staying.items() if at <= now], now),
        requeue_after=_requeue_after(plan, [*staying.values(), *again], now),
    )


def _declared(people: Iterable[Person], roster: Roster) -> Iterator[Person]:
    """*people* with what is declared of them, whoever took their calls."""
    members = {each.label: each for each in roster.members}
    for each in people:
        member = members[each.member.label]
        yield each if each.member is member else replace(each, member=member)


def _decide(room: PlanningContext) -> Plan:
    ended = room.roster.state is RoomState.ENDED
    plan = _close(room) if ended else _converge(room)
    if room.only is None:
        return plan
    return narrowed(plan, _decide(replace(room, only=None)), room.only)


def _close(room: PlanningContext) -> Plan:
    draft = PlanBuilder()
    closing = aimed(ended_room.close(room), room)
    closed = until_quiet(closing, room)
    draft.take(limit_removals(protect(closed, room), room))
    draft = hold_back(draft, room)
    if not any(isinstance(each, Remove) and each.connected for each in draft.actions):
        draft.take(_silences_meanwhile(room))
    return _plan(room, draft, ended_room.people_of(room))


def _silences_meanwhile(room: PlanningContext) -> Iterator[Change]:
    """Who is to be silent in a room that is not ended yet."""
    for each in _converge(room).actions:
        if isinstance(each, Change) and each.harm is Harm.SILENCE:
            yield each


def _converge(room: PlanningContext) -> Plan:
    """Who goes, who comes, who is corrected, and who is silent meanwhile."""
    draft, coached = PlanBuilder(), uncontrolled(room)
    standing = quorum(room, room.superseded)
    draft.take(spare_coached(_removals(_with(room, standing), standing), coached))
    draft.take(recalls(room, draft.going))
    away = _away(room, draft)
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
    draft.actions = [_marked(each, standing) for each in draft.actions]
    draft = hold_back(limit_exposures(suppress_flapping(draft, room), room), room)
    plan = _plan(room, draft, _people(room, draft.waiting))
    plan = replace(plan, groups=standing.groups)
    return replace(plan, conditions=tuple(conditions(plan)))


def _joined(*parts: Notes) -> Notes:
    """Everything to be remembered of each call."""
    noted: dict[str, dict[str, Value | None]] = {}
    for part in parts:
        for call_sid, fields in part.items():
            noted.setdefault(call_sid, {}).update(fields)
    return noted


def _noted(
    memory: Notes, plan: Plan, retracted: Iterable[str], now: float
) -> dict[str, dict[str, Value | None]]:
    """*memory*, with the removals to be done and without those that did not work.

    A removal is on record before its request leaves: a call that ends then counts
    as removed even if the answer is lost.
    """
    noted = {sid: dict(fields) for sid, fields in memory.items()}
    for sid in retracted:
        noted.setdefault(sid, {}).update({REMOVING: None, REMOVED: None})
    for action in plan.actions:
        if isinstance(action, Remove) and action.call_sid:
            fields = {REMOVING: int(now), **dict(action.memory)}
            noted.setdefault(action.call_sid, {}).update(fields)
    return noted


def _staying(room: PlanningContext, plan: Plan) -> dict[str, float]:
    """When each removal on record is retracted, of calls that the plan leaves."""
    going = {each.call_sid for each in plan.actions if isinstance(each, Remove)}
    ending = any(isinstance(x, Remove) and x.call_sid is None for x in plan.actions)
    return {
        leg.call_sid: at
        for leg in room.legs
        if leg.call_sid not in going and not ending
        if (at := room.retracted_at(leg.call_sid)) is not None
    }


def _removals(room: PlanningContext, standing: Quorum) -> Iterator[Item]:
    """Who goes, as far as the guards let them."""
    found = tuple(aimed(removals(room, standing.going), room))
    arrivals = _arrivals(room, frozenset(), standing)[1]
    emptying = empties(found, room) and not coming(arrivals)
    return limit_removals(protect(found, room), room, emptying=emptying)


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
    return replace(room, standby={**standing.standby, **taken})


def _stalled(items: Iterable[Item]) -> Iterator[str]:
    for each in items:
        if isinstance(each, Waiting) and each.phase is Phase.STALLED:
            yield each.label


def _called(
    room: PlanningContext, away: frozenset[str]
) -> tuple[PlanningContext, list[Item]]:
    """Who comes; again while people would wait for somebody who is not called."""
    members = sorted(room.roster.members, key=lambda each: each.priority)
    while True:
        found = [each for m in members for each in arrive(room, m, away)]
        found = list(aimed(spare_phones(found, room), room))
        limited = list(limit_rings(found, room))
        unrung = room.unrung.union(_uncalled(limited))
        if unrung == room.unrung:
            return room, limited
        room = replace(room, unrung=unrung)


def _uncalled(items: Iterable[Item]) -> Iterator[str]:
    """The labels that only a person can have called."""
    yield from _stalled(items)
    for each in items:
        if isinstance(each, Withheld) and isinstance(each.action, Ring):
            yield each.action.label


def _plan(room: PlanningContext, draft: PlanBuilder, people: Iterable[Person]) -> Plan:
    return Plan(
        room.roster.room,
        room.generation,
        room.observation.conference,
        actions=in_order(draft.actions),
        withheld=tuple(draft.withheld),
        waiting=tuple(draft.waiting),
        people=tuple(people),
        unlisted=room.seating.strangers,
        doubts={sid: each.reason for sid, each in room.seating.uncertain.items()},
        maybe_in=maybe_in(room),
    )


def _away(room: PlanningContext, draft: PlanBuilder) -> frozenset[str]:
    """Calls that are, or are about to be, out of the conversation."""
    held = (m.label for m in room.roster.members if m.hold is True)
    return (
        draft.going
        | {leg.call_sid for label in held for leg in room.legs_of(label)}
        | {leg.call_sid for leg in room.legs if room.leaving(leg.call_sid)}
        | {
            each.call_sid
            for each in draft.actions
            if isinstance(each, Change) and each.concern is ChangeKind.HOLD
        }
    )


def _marked(action: Action, standing: Quorum) -> Action:
    """*action*; a ring says whether it is that of the next of a group."""
    if isinstance(action, Ring) and action.label in standing.fallbacks:
        return replace(action, fallback=True)
    return action


def _once(actions: Iterable[Action], silences: Iterable[Change]) -> list[Action]:
    """*actions* and *silences*, which stand for other mutes of the same call."""
    first = {each.call_sid: each for each in silences}
    rest = [
        each
        for each in actions
        if not (
            isinstance(each, Change)
            and each.concern is ChangeKind.MUTE
            and each.call_sid in first
        )
    ]
    return [*first.values(), *rest]


def _people(room: PlanningContext, waiting: Iterable[Waiting]) -> Iterator[Person]:
    first: dict[str, Waiting] = {}
    for each in waiting:
        first.setdefault(each.label, each)
    for member in room.roster.members:
        leg, wait = room.leg(member.label), first.get(member.label)
        found = Person(member, leg, extras=room.legs_of(member.label)[1:])
        if wait is not None:
            yield replace(
                found,
                phase=wait.phase,
                reason=wait.reason,
                until=wait.until,
                since=wait.since,
            )
        else:
            yield replace(found, phase=Phase.CONNECTED if leg else Phase.ABSENT)


def _requeue_after(
    plan: Plan, retractions: Iterable[float], now: float
) -> float | None:
    times = [each.until - now for each in plan.waiting if each.until is not None]
    times += [at - now for at in retractions if at > now]
    moving = any(
        each.until is None and not each.settled and each.phase is not Phase.STALLED
        for each in plan.waiting
    )
    if plan.actions or moving:
        times.append(LOOK_AGAIN)
    return max(0.0, min(times)) if times else None
