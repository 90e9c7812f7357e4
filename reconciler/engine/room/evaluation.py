"""Evaluates a room: observe and plan, without writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.engine.desired_room import Desired, Standing, Version
from reconciler.engine.ports import Clock, Provider
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Conference, Observation, Unknown
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.origins import explained
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.questions import questions_for


class RoomPhase(StrEnum):
    """What may be said of a room after a look."""

    CONVERGED = "converged"
    CONVERGING = "converging"
    STALLED = "stalled"
    PAUSED = "paused"
    UNKNOWN = "unknown"
    RELEASED = "released"


STABLE_PHASES = frozenset(
    {RoomPhase.CONVERGED, RoomPhase.STALLED, RoomPhase.PAUSED, RoomPhase.RELEASED}
)
"""Phases in which nothing comes of looking again at once."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything one look at a room came to; ``plan`` compares it.

    ``version`` is the room's row that the plan is for; ``observed_at`` is when the
    observation was complete, in Unix seconds. ``only`` are the labels that it acts on, None for all. ``desired`` is
    what it was compared with. ``events`` are what webhooks told of legs before it was
    complete. ``account_left`` says that nobody is left with the account
    that acts, where the roster names another.
    """

    room: str
    state: RoomPhase
    plan: Plan
    ledger: Ledger = field(default_factory=Ledger)
    observation: Observation | Unknown | None = None
    version: Version | None = None
    observed_at: float = 0.0
    only: frozenset[str] | None = None
    desired: Desired | None = None
    events: tuple[LegEvent, ...] = ()
    account_left: bool = False

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
    conference: Conference | Unknown | None,
    clock: Clock,
    authority: Authority = GUARDED,
    only: frozenset[str] | None = None,
) -> Evaluation:
    """Observe a room and compare: nothing is written anywhere.

    *conference* is what the survey showed. For
    *authority* and *only* see ``make_plan``.
    """
    if desired is None or not is_managed(desired):
        return untouched(room, desired, clock())
    observation = await observe(
        room, ledger, conference, provider=provider, clock=clock
    )
    return compared(
        desired, ledger, observation, clock(), authority=authority, only=only
    )


def is_managed(desired: Desired | None) -> bool:
    """Whether a room is ours to converge; else it is not even asked for."""
    return desired is not None and desired.standing is Standing.MANAGED


async def observe(
    room: str,
    ledger: Ledger,
    conference: Conference | Unknown | None,
    *,
    provider: Provider,
    clock: Clock,
    reported: Sequence[ReportedCall] = (),
) -> Observation | Unknown:
    """What Twilio shows of *room*, whose conference a survey showed.

    *reported* are calls into it that a second source reports.
    """
    if isinstance(conference, Unknown):
        return conference
    questions = questions_for(ledger, clock(), reported)
    return await provider.observe(room, conference, questions)


def compared(
    desired: Desired,
    ledger: Ledger,
    observation: Observation | Unknown,
    now: float,
    *,
    authority: Authority = GUARDED,
    only: frozenset[str] | None = None,
) -> Evaluation:
    """What comes of *observation* at *now*, of a room that is managed."""
    plan = make_plan(
        desired.roster,
        observation,
        ledger,
        now,
        desired.generation,
        authority=authority,
        only=only,
    )
    plan = explained(plan, desired.origins)
    return evaluated(plan, desired, ledger, observation, now, only=only)


def evaluated(
    plan: Plan,
    desired: Desired,
    ledger: Ledger,
    observation: Observation | Unknown,
    now: float,
    *,
    only: frozenset[str] | None = None,
) -> Evaluation:
    """The evaluation of a managed room whose *plan* was made at *now*."""
    return Evaluation(
        observation.room,
        state_of(plan),
        plan,
        ledger,
        observation,
        version=desired.version,
        observed_at=now,
        only=only,
        desired=desired,
    )


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


def untouched(room: str, desired: Desired | None, now: float) -> Evaluation:
    """A room that is not ours to converge; a pause may end by itself."""
    paused = desired is not None and desired.standing is Standing.PAUSED
    state = RoomPhase.PAUSED if paused else RoomPhase.RELEASED
    generation = desired.generation if desired else 0
    until = desired.paused_until if desired else None
    wait = None if until is None else max(0.0, until - now)
    plan = Plan(room, generation, requeue_after=wait)
    return Evaluation(room, state, plan, desired=desired)
