"""Evaluates a room: observe and plan, without writes."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct, field

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
    """What may be said of a room after an observation."""

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


class Evaluation(Struct, frozen=True):
    """Everything one observation of a room came to; ``plan`` compares it.

    ``version`` is the room's row that the plan is for; ``observed_at`` is when the
    observation was complete, in Unix seconds. ``only`` are the labels that it acts on,
    None for all. ``desired`` is what it was compared with. ``events`` are what webhooks
    told of legs before it was complete. ``account_left`` says that nobody is left with
    the account that acts, where the roster names another.
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
    def listed_at(self) -> float:
        """When the participants were as the observation shows them, in Unix seconds.

        Other records were asked for after that.
        """
        seen = self.observation
        at = seen.listed_at if isinstance(seen, Observation) else None
        return self.observed_at if at is None else min(at, self.observed_at)

    @property
    def until(self) -> float | None:
        """When the roster ends to count, in Unix seconds; None if never."""
        return self.desired.boundary if self.desired else None


class Inputs(Struct, frozen=True):
    """What the evaluation of a managed room follows from, at ``now`` in Unix seconds.

    For ``authority`` and ``only`` see ``make_plan``.
    """

    desired: Desired
    ledger: Ledger
    observation: Observation | Unknown
    now: float
    authority: Authority = GUARDED
    only: frozenset[str] | None = None


class ObservableRoom(Struct, frozen=True):
    """Where a room is observed; ``conference`` is what the survey showed of it."""

    room: str
    conference: Conference | Unknown | None
    provider: Provider
    clock: Clock

    async def observe(
        self, ledger: Ledger, reported: Sequence[ReportedCall] = ()
    ) -> Observation | Unknown:
        """What Twilio shows of the room.

        *reported* are calls into it that a second source reports.
        """
        if isinstance(self.conference, Unknown):
            return self.conference
        questions = questions_for(ledger, self.clock(), reported)
        return await self.provider.observe(self.room, self.conference, questions)


async def evaluate(
    source: ObservableRoom,
    desired: Desired | None,
    ledger: Ledger,
    authority: Authority = GUARDED,
    only: frozenset[str] | None = None,
) -> Evaluation:
    """Observe a room and compare: nothing is written anywhere."""
    if desired is None or not is_managed(desired):
        return untouched(source.room, desired, source.clock())
    observation = await source.observe(ledger)
    now = source.clock()
    return compared(Inputs(desired, ledger, observation, now, authority, only))


def is_managed(desired: Desired | None) -> bool:
    """Whether a room is ours to converge; else it is not even asked for."""
    return desired is not None and desired.standing is Standing.MANAGED


def compared(inputs: Inputs) -> Evaluation:
    """What comes of an observation of a room that is managed."""
    desired = inputs.desired
    plan = make_plan(
        desired.roster,
        inputs.observation,
        inputs.ledger,
        inputs.now,
        desired.generation,
        authority=inputs.authority,
        only=inputs.only,
    )
    return evaluated(explained(plan, desired.origins), inputs)


def evaluated(plan: Plan, inputs: Inputs) -> Evaluation:
    """The evaluation of a managed room whose *plan* follows from *inputs*."""
    return Evaluation(
        inputs.observation.room,
        state_of(plan),
        plan,
        inputs.ledger,
        inputs.observation,
        version=inputs.desired.version,
        observed_at=inputs.now,
        only=inputs.only,
        desired=inputs.desired,
    )


def state_of(plan: Plan) -> RoomPhase:
    """What may be said of a room by its plan."""
    if plan.unknown:
        return RoomPhase.UNKNOWN
    if plan.converged:
        return RoomPhase.CONVERGED
    moving = plan.actions or any(
        not wait.settled and wait.phase is not Phase.STALLED for wait in plan.waiting
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
