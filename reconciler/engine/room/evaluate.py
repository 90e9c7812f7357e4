"""One look at a room: observe and compare, and write nothing anywhere."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from reconciler.engine.ports import Clock, Desired, Provider, Standing, Version
from reconciler.model.ledger import GuardKind, Ledger
from reconciler.model.observation import Conference, Observation, Unknown
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.planning.approval import (
    Names,
    approvable_names,
    approved,
    going_on,
    lifted,
    within,
)
from reconciler.planning.origins import explained
from reconciler.planning.permission import permit
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.resolve_attempts import questions_for


class RoomPhase(StrEnum):
    """What may be said of a room after a look."""

    CONVERGED = "converged"
    CONVERGING = "converging"
    STALLED = "stalled"
    PAUSED = "paused"
    UNKNOWN = "unknown"
    RELEASED = "released"


AT_REST = frozenset(
    {RoomPhase.CONVERGED, RoomPhase.STALLED, RoomPhase.PAUSED, RoomPhase.RELEASED}
)
"""Phases in which nothing comes of looking again at once."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything one look at a room came to; ``plan`` compares it.

    ``approved`` names what of a person's approval is still to be done, ``lifted``
    the kinds that would be withheld without it. ``version`` is the room's row that
    the plan is for; ``observed_at`` is when the observation was complete, in Unix
    seconds. ``only`` are the labels that it acts on, None for all. ``desired`` is
    what it was compared with.
    """

    room: str
    state: RoomPhase
    plan: Plan
    ledger: Ledger = field(default_factory=Ledger)
    observation: Observation | Unknown | None = None
    approved: Names = ()
    lifted: frozenset[GuardKind] = frozenset()
    version: Version | None = None
    observed_at: float = 0.0
    only: frozenset[str] | None = None
    desired: Desired | None = None

    @property
    def until(self) -> float | None:
        """When the roster ends to count, in Unix seconds; None if never."""
        return self.desired.boundary if self.desired else None


async def evaluate(
    room: str,
    desired: Desired | None,
    ledger: Ledger,
    *,
    provider: Provider,
    conference: Conference | str | None,
    clock: Clock,
    account_sid: str = "",
    policy: Policy = UNRESTRICTED,
    only: frozenset[str] | None = None,
) -> Evaluation:
    """Observe a room and compare: nothing is written anywhere.

    *conference* is what the survey showed, or the reason why it is unknown. An
    approval counts only if it was given for *account_sid*. *only* are the labels
    to act on, None for all.
    """
    if desired is None or desired.standing is not Standing.MANAGED:
        return _untouched(room, desired, clock())
    observation: Observation | Unknown
    if isinstance(conference, str):
        observation = Unknown(room, conference)
    else:
        questions = questions_for(ledger, clock())
        observation = await provider.observe(room, conference, questions)
    now = clock()
    plan = _planned(desired, observation, ledger, now, policy=policy, only=only)
    seen = Evaluation(
        room,
        state_of(plan),
        plan,
        ledger,
        observation,
        version=desired.version,
        observed_at=now,
        only=only,
        desired=desired,
    )
    return as_approved(seen, desired, account_sid, now, policy)


def as_approved(
    seen: Evaluation,
    desired: Desired,
    account_sid: str,
    now: float,
    policy: Policy = UNRESTRICTED,
) -> Evaluation:
    """The look with a plan made again if a person approved what it withholds.

    What another guard withholds then is let through if it was approved, too. What
    *policy* forbids stays withheld.
    """
    kinds, given = (
        approved(seen.plan, seen.ledger, account_sid, now),
        seen.ledger.approval,
    )
    if not kinds or given is None or seen.observation is None:
        return _going_on(seen, account_sid, now, policy)
    names = given.remaining or approvable_names(seen.plan, account_sid)
    known = replace(given, remaining=names)
    while True:
        ledger = lifted(seen.ledger, kinds)
        plan = _planned(
            desired, seen.observation, ledger, now, policy=policy, only=seen.only
        )
        more = approved(plan, replace(ledger, approval=known), account_sid, now)
        if more <= kinds:
            break
        kinds |= more
    if not within(plan, seen.plan):
        return seen
    again = replace(
        seen,
        state=state_of(plan),
        plan=plan,
        ledger=ledger,
        approved=names,
        lifted=kinds,
    )
    return _going_on(again, account_sid, now, policy)


def _planned(
    desired: Desired,
    observation: Observation | Unknown,
    ledger: Ledger,
    now: float,
    *,
    policy: Policy,
    only: frozenset[str] | None,
) -> Plan:
    """The plan as the policy permits it, each action with where it comes from."""
    generation = desired.generation
    plan = make_plan(desired.roster, observation, ledger, now, generation, only=only)
    return permit(explained(plan, desired.origins), policy, ledger.exhausted, now)


def state_of(plan: Plan) -> RoomPhase:
    """What may be said of a room by its plan."""
    if plan.unknown:
        return RoomPhase.UNKNOWN
    if plan.converged:
        return RoomPhase.CONVERGED
    moving = plan.actions or any(
        not each.settled and each.phase is not Phase.STALLED for each in plan.waiting
    )
    return RoomPhase.CONVERGING if moving else RoomPhase.STALLED


def _untouched(room: str, desired: Desired | None, now: float) -> Evaluation:
    """A room that is not ours to converge; a pause may end by itself."""
    paused = desired is not None and desired.standing is Standing.PAUSED
    state = RoomPhase.PAUSED if paused else RoomPhase.RELEASED
    generation = desired.generation if desired else 0
    until = desired.paused_until if desired else None
    wait = None if until is None else max(0.0, until - now)
    plan = Plan(room, generation, requeue_after=wait)
    return Evaluation(room, state, plan, desired=desired)


def _going_on(
    seen: Evaluation, account_sid: str, now: float, policy: Policy
) -> Evaluation:
    """The look with what is still to be rung of a plan that was begun."""
    plan = permit(
        going_on(seen.plan, seen.ledger, account_sid, now),
        policy,
        seen.ledger.exhausted,
        now,
    )
    given = seen.ledger.approval
    if given is None or plan.withheld == seen.plan.withheld:
        return seen
    names = given.remaining or ()
    return replace(seen, state=state_of(plan), plan=plan, approved=names)
