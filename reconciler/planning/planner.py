"""The planner: a pure function of desired, observed and recorded state."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.model.ledger import GuardKind, Ledger
from reconciler.model.observation import Observation, Unknown
from reconciler.model.roster import OnChange, Roster, Value
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
from reconciler.planning.call_facts import REMOVED, REMOVING, Notes
from reconciler.planning.context import PlanningContext
from reconciler.planning.evidence import sightings, unproven
from reconciler.planning.finding import Finding
from reconciler.planning.handover import hand_over, used_up
from reconciler.planning.identity import match_participants
from reconciler.planning.machines import held_machines
from reconciler.planning.permission import permit
from reconciler.planning.plan import ApprovalUse, Person, Phase, Plan
from reconciler.planning.protection import protected_to_remember
from reconciler.planning.renumbered import declared_for_another
from reconciler.planning.replacement import takeovers_to_remember, with_takeovers
from reconciler.planning.resolve_attempts import recovered_to_remember, resolve_attempts
from reconciler.planning.restoring import remembering, restoring, with_reasons
from reconciler.planning.room_plan import plan_room
from reconciler.planning.unread_calls import unread_to_remember, until_read
from reconciler.planning.unsupported import without_unsupported
from reconciler.planning.without_record import looks_without_record

REQUEUE_SECONDS = 2.0
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
    inputs = _Inputs(roster, ledger, now, generation, only)

    def permitted(plan: Plan) -> Plan:
        return permit(plan, authority.policy, ledger.exhausted, now)

    def compared(kinds: frozenset[GuardKind]) -> Plan:
        return permitted(_compare(inputs, observation, kinds))

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


class _Inputs(Struct, frozen=True):
    """What is compared with an observation; see ``make_plan``."""

    roster: Roster
    ledger: Ledger
    now: float
    generation: int
    only: frozenset[str] | None


def _compare(
    inputs: _Inputs, observation: Observation | Unknown, lifted: frozenset[GuardKind]
) -> Plan:
    roster, now = inputs.roster, inputs.now
    if isinstance(observation, Unknown):
        return Plan(
            roster.room,
            inputs.generation,
            requeue_after=REQUEUE_SECONDS,
            unknown=observation.reason,
        )
    room, findings, memory = _read_attempts(inputs, observation, lifted)
    restored = restoring(room)
    room = with_takeovers(held_machines(restored.room))
    plan = without_unsupported(plan_room(room), roster, observation.lacks)
    memory = _joined(
        memory,
        takeovers_to_remember(room),
        protected_to_remember(room),
        restored.forget,
        unread_to_remember(room, plan),
    )
    plan = until_read(plan, allowed=room.lifts(GuardKind.UNREAD))
    plan = remembering(with_reasons(plan, restored.fields), room)
    people = tuple(_declared(plan.people, roster))
    staying = _staying(room, plan)
    again = [now + ELSEWHERE_SECONDS] if plan.waiting and room.ledger.elsewhere else []
    return replace(
        plan,
        people=people,
        findings=findings,
        memory=_noted(memory, plan, [x for x, at in staying.items() if at <= now], now),
        requeue_after=_requeue_after(plan, [*staying.values(), *again], now),
    )


def _read_attempts(
    inputs: _Inputs, observation: Observation, lifted: frozenset[GuardKind]
) -> tuple[PlanningContext, tuple[Finding, ...], Notes]:
    """The room with its attempts resolved, the findings, what to remember of it."""
    roster, ledger, now = inputs.roster, inputs.ledger, inputs.now
    redialed = {x.label for x in roster.members if x.on_change is OnChange.REDIAL}
    handed = hand_over(roster.room, ledger, now, redialed)
    ledger = replace(ledger, records=handed.records)
    matching = match_participants(observation, ledger)
    resolution = resolve_attempts(ledger, matching, observation, now)
    moved = used_up(resolution.records.values(), now)
    memory: Notes = _joined(
        sightings(roster, moved.records, observation, ledger, now),
        recovered_to_remember(ledger.records, resolution.findings),
        looks_without_record(moved.records.values(), observation, ledger, now),
    )
    ledger = replace(ledger, records=moved.records)
    findings = (*handed.findings, *resolution.findings, *moved.findings)
    room = PlanningContext(
        roster,
        observation,
        ledger,
        moved.records,
        matching,
        now,
        inputs.generation,
        {
            **declared_for_another(moved.records),
            **unproven(matching, ledger, now),
        },
        only=inputs.only,
        lifted=lifted,
    )
    return room, findings, memory


def _declared(people: Iterable[Person], roster: Roster) -> Iterator[Person]:
    """*people* with what is declared of them, whoever took their calls."""
    members = {each.label: each for each in roster.members}
    for person in people:
        member = members[person.member.label]
        yield person if person.member is member else replace(person, member=member)


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
    going = {action.call_sid for action in plan.actions if isinstance(action, Remove)}
    ending = any(isinstance(x, Remove) and x.call_sid is None for x in plan.actions)
    return {
        leg.call_sid: at
        for leg in room.legs
        if leg.call_sid not in going and not ending
        if (at := room.retracted_at(leg.call_sid)) is not None
    }


def _requeue_after(
    plan: Plan, retractions: Iterable[float], now: float
) -> float | None:
    times = [] if plan.requeue_after is None else [plan.requeue_after]
    times += [wait.until - now for wait in plan.waiting if wait.until is not None]
    times += [at - now for at in retractions if at > now]
    moving = any(
        wait.until is None and not wait.settled and wait.phase is not Phase.STALLED
        for wait in plan.waiting
    )
    if plan.actions or moving:
        times.append(REQUEUE_SECONDS)
    return max(0.0, min(times)) if times else None
