"""Oracles of a pause: faults have stopped, and nobody edits or acts.

looked      each room was looked at within its period
rest        each room is at rest, or waits for a moment that its policy names
reason      a room that stalls says why
equal       a room called converged is at the exchange what its roster declares
honest      whoever is said to have left or failed is not in the room
"""

from collections.abc import Iterator

from reconciler.engine.room.evaluation import STABLE_PHASES, RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.planning.ownership import address
from reconciler.planning.plan import Phase
from reconciler.play.oracles.rest import _equal, _legs, _reasoned
from reconciler.play.world.run_journal import Violation
from reconciler.play.world.world import World
from tests.endurance.daemon import Daemon

_GONE = frozenset({Phase.LEFT, Phase.FAILED})


def complaints(world: World, daemon: Daemon) -> list[Violation]:
    """What is not as it should be after a pause, nothing if all is well."""
    journal = world.journal
    kept = journal.violations, journal.lines
    journal.violations, journal.lines = [], []
    for room in world.scenario.rooms:
        made = daemon.witness.last.get(room)
        if made is None:
            journal.blame("looked", world.now, f"{room} was never looked at")
        else:
            _judge(world, daemon, room, made)
    found = journal.violations
    journal.violations, journal.lines = kept
    return found


def _judge(world: World, daemon: Daemon, room: str, made: ReconcileResult) -> None:
    plan, journal, now = made.evaluation.plan, world.journal, world.now
    age = now - daemon.witness.looked_at[room]
    period = daemon.controller.resync_schedule.period(room, now)
    if age > period + 5.0:
        journal.blame("looked", now, f"{room}: {age:.0f} s ago, period {period:.0f} s")
    if made.state not in STABLE_PHASES and not _patient(world, made):
        why = [f"{w.label} {w.phase}: {w.reason}" for w in plan.waiting]
        why += [plan.unknown] if plan.unknown else []
        journal.blame("rest", now, f"{room} is {made.state}: {why}")
    if made.state is RoomPhase.STALLED:
        _reasoned(world, room, plan)
    if made.state is RoomPhase.CONVERGED:
        _equal(world, room, plan)
    for what in _dishonest(world, room, made):
        journal.blame("honest", now, what)


def _patient(world: World, made: ReconcileResult) -> bool:
    """Whether all that is awaited is a moment to come that a policy set."""
    plan = made.evaluation.plan
    if made.state is not RoomPhase.CONVERGING or plan.actions or plan.unknown:
        return False
    return all(
        each.settled
        or each.phase is Phase.STALLED
        or (each.until is not None and each.until > world.now)
        for each in plan.waiting
    )


def _dishonest(world: World, room: str, made: ReconcileResult) -> Iterator[str]:
    plan = made.evaluation.plan
    roster = world.journal.roster(room, world.now)
    if roster is None:
        return
    gone = {each.label for each in plan.waiting if each.phase in _GONE}
    for person in plan.people:
        member = person.member
        there = any(
            world.number_of(leg.call_sid) == address(member.to)
            for leg in _legs(world, roster, member)
        )
        if member.label in gone and there:
            yield f"{member.label} of {room} is said to be gone and is there"
