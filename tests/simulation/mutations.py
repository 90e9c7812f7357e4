"""Guards of the product, each taken away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Version
from reconciler.engine.ports import (
    NO_FIRST_NOTES,
    NO_NOTES,
    AttemptDraft,
    FirstNotes,
    Lease,
    Notes,
    Placed,
)
from reconciler.engine.room import evaluation
from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Ledger
from reconciler.model.observation import (
    Conference,
    ConferenceSurvey,
    Observation,
    Questions,
    Unknown,
)
from reconciler.model.roster import Roster
from reconciler.planning import planner
from reconciler.planning.finding import Finding, Progress
from reconciler.planning.order import Step, step_of
from reconciler.planning.plan import Plan
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.in_memory.memory_tables import Tables
from reconciler.play.in_memory.roster_store import RosterStore
from reconciler.play.world.shared_store import Shared
from reconciler.store.queries.attempts import drafted
from reconciler.store.queries.operator_decision import Decision
from tests.simulation.passing import Passing

SETTLE = 30.0
"""Seconds after which the mutants give a lost ring up."""


class _Store:
    """Passes everything on to the store below."""

    def __init__(self, inner: RosterStore) -> None:
        self.inner = inner
        self.load = inner.load
        self.advance = inner.advance
        self.next_boundary = inner.next_boundary
        self.rooms = inner.rooms
        self.desired = inner.desired
        self.ledger = inner.ledger
        self.read_desired = inner.read_desired
        self.version = inner.version
        self.events = inner.events
        self.renew = inner.renew
        self.changes = inner.changes
        self.record_converged = inner.record_converged
        self.converged = inner.converged
        self.confirm_converged = inner.confirm_converged

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        return await self.inner.read(rooms, now)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        await self.inner.note(lease, notes, now)

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        lease = await self.inner.acquire(room, owner, now, ttl)
        if not first.notes.empty and lease.fencing_token == first.fencing_token:
            await self.note(lease, first.notes, now)
        return lease

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        if not notes.empty:
            await self.note(lease, notes, now)
        await self.inner.release(lease)

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        return await self.inner.open_attempts(lease, drafts, now)


class Uncommitted(_Store):
    """Commits an attempt only together with what became of it."""

    def __init__(self, inner: RosterStore) -> None:
        super().__init__(inner)
        self._drafts: dict[int, AttemptDraft] = {}

    async def open_attempts(
        self,
        lease: Lease,  # noqa: ARG002 - nothing is written
        drafts: Sequence[AttemptDraft],
        now: float,  # noqa: ARG002
    ) -> tuple[Attempt | None, ...]:
        return tuple(map(self._invented, drafts))

    def _invented(self, draft: AttemptDraft) -> Attempt:
        number = -len(self._drafts) - 1
        self._drafts[number] = draft
        return replace(drafted(draft), id=number)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        found: list[Finding] = []
        for each in notes.findings:
            told: Finding = each
            if isinstance(each, Progress) and each.attempt_id in self._drafts:
                draft = self._drafts[each.attempt_id]
                (attempt,) = await self.inner.open_attempts(lease, (draft,), now)
                if attempt is None:
                    raise ValueError(draft)
                told = replace(each, attempt_id=attempt.id)
            found.append(told)
        await self.inner.note(lease, replace(notes, findings=tuple(found)), now)


class Impatient(_Store):
    """Takes a ring that was not found for half a minute as not rung."""

    def __init__(self, inner: RosterStore, shared: Shared) -> None:
        super().__init__(inner)
        self._shared = shared

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        for room, (_, ledger) in (await self._shared.read(rooms, now)).items():
            for record in ledger.records.values():
                await self._give_up(room, record.open, now)
        return await self.inner.read(rooms, now)

    async def _give_up(self, room: str, lost: Attempt | None, now: float) -> None:
        unknown = lost is not None and lost.state is AttemptState.UNKNOWN
        if lost and unknown and now >= lost.created_at + SETTLE:
            await self._shared.resolve(
                Decision(room, now, "impatience"), lost.label, rung=False
            )


class Unfenced(InMemoryStore):
    """Gives the room to whoever asks, and never looks at a lease again."""

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        self.tables.leases.pop(room, None)
        return await super().acquire(room, owner, now, ttl, first)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        await super().note(await self._retaken(lease, now), notes, now)

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        mine = await self._retaken(lease, now)
        return await super().open_attempts(mine, drafts, now)

    async def version(self, lease: Lease, now: float) -> Version | None:
        return await super().version(await self._retaken(lease, now), now)

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        return await super().renew(await self._retaken(lease, now), now, ttl)

    async def _retaken(self, lease: Lease, now: float) -> Lease:
        return await self.acquire(lease.room, lease.owner, now, 30.0)


class Unlimited(Unfenced):
    """Unfenced, and without the index that allows one open attempt a label."""

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        with replaced(Tables, "rings", lambda *_: False):
            return await super().open_attempts(lease, drafts, now)


class Undated(Passing):
    """Sends a create however late it is."""

    async def ring(self, ring: Ring, may_send: Callable[[], bool]) -> Placed:  # noqa: ARG002 - that is the point
        return await self.inner.ring(ring, lambda: True)


class Forgetful(Passing):
    """Never looks a lost ring up in the list of calls."""

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        return await self.inner.observe(
            room, conference, replace(questions, numbers=())
        )


class Credulous(Passing):
    """Takes what it cannot read for an empty room."""

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        found = await self.inner.survey(rooms)
        return ConferenceSurvey() if found.unknown else found

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        found = await self.inner.observe(room, conference, questions)
        if isinstance(found, Unknown):
            return Observation(room, conference)
        return found


@contextmanager
def replaced(place: object, name: str, by: object) -> Iterator[None]:
    """*name* of *place* is something else meanwhile."""
    before = getattr(place, name)
    setattr(place, name, by)
    try:
        yield
    finally:
        setattr(place, name, before)


@contextmanager
def plans(change: Callable[[tuple[Action, ...]], Sequence[Action]]) -> Iterator[None]:
    """Every plan that is made has its actions changed."""
    make_plan = planner.make_plan

    def changed(*args: object, **more: object) -> Plan:
        plan: Plan = make_plan(*args, **more)  # type: ignore[arg-type]
        return replace(plan, actions=tuple(change(plan.actions)))

    with replaced(evaluation, "make_plan", changed):
        yield


@contextmanager
def rosters(change: Callable[[Roster], Roster]) -> Iterator[None]:
    """Every plan is made for another roster than the one that was declared."""
    make_plan = planner.make_plan

    def changed(roster: Roster, *rest: object, **more: object) -> Plan:
        plan: Plan = make_plan(change(roster), *rest, **more)  # type: ignore[arg-type]
        return plan

    with replaced(evaluation, "make_plan", changed):
        yield


def audible(actions: tuple[Action, ...]) -> Sequence[Action]:
    """Nobody joins muted, and nobody who would join audible is let off."""
    return [
        replace(each, fields=tuple(f for f in each.fields if f[0] != "muted"))
        if isinstance(each, Ring)
        else each
        for each in actions
        if not (isinstance(each, Remove) and each.safety)
    ]


def unsafe(actions: tuple[Action, ...]) -> Sequence[Action]:
    """No coach is silenced for safety."""
    return [e for e in actions if not (isinstance(e, Change) and e.safety)]


def backwards(actions: tuple[Action, ...]) -> Sequence[Action]:
    """Harm is done in the wrong order: exposing first, silencing last."""
    steps: Mapping[Action, Step] = {each: step_of(each) for each in actions}
    return sorted(actions, key=lambda each: -steps[each])
