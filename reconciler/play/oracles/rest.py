"""Oracles of the end, when faults have stopped and nobody edits or acts any more.

rest     within a bounded number of passes each room is at rest, and then
         nothing is written for ever
named    a room in which nothing happens any more is not called converging
reason   a room that stalls says why
equal    where a pass says "converged", the exchange's own state is what the
         roster declares, for everybody who is not excused by name, or whom the
         last listing still showed; and nobody who is declared silent is heard,
         by whichever of their legs
alive    no process ended with an error that it should have taken care of
"""

from typing import TYPE_CHECKING

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.errors import ReconcilerError
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.plan import Phase, Plan
from reconciler.play.oracles.whose import owners
from reconciler.simulator.exchange.records import ParticipantRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.play.world.product import Worker
    from reconciler.play.world.world import World


def judge_rest(world: "World", last: "Worker") -> None:
    """Judge the end of a run."""
    for room, result in last.last.items():
        plan = result.evaluation.plan
        if result.state is RoomPhase.STALLED:
            _reasoned(world, room, plan)
        if result.state is RoomPhase.CONVERGED:
            _equal(world, room, plan)


def judge_alive(world: "World", worker: "Worker") -> None:
    """Judge how a process has ended, if it did so by itself.

    An error of the product's own has a message and an exit code: such an end is told.
    """
    task = worker.task
    if task is None or not task.done() or task.cancelled():
        return
    error = task.exception()
    if error is not None and not isinstance(error, ReconcilerError):
        what = f"{worker.process} ended with {type(error).__name__}: {error}"
        world.journal.blame("alive", world.now, what)


def _reasoned(world: "World", room: str, plan: Plan) -> None:
    reasons = [withheld.reason for withheld in plan.withheld]
    reasons += [plan.blocked.text] if plan.blocked else []
    reasons += [e.reason for e in plan.waiting if e.phase is Phase.STALLED]
    reasons += [condition.text for condition in plan.conditions]
    if not reasons or not all(reasons):
        world.journal.blame("reason", world.now, f"{room} stalls without a reason")


def _equal(world: "World", room: str, plan: Plan) -> None:
    roster = world.journal.roster(room, world.now)
    if roster is None or roster.state is RoomState.ENDED:
        return
    excused = {wait.label for wait in plan.waiting}
    for member in roster.members:
        legs = _legs(world, roster, member)
        _silent(world, roster, member, legs)
        if member.label in excused or member not in {p.member for p in plan.people}:
            continue
        as_declared = any(_as_declared(world, roster, leg, member) for leg in legs)
        if not as_declared and not _has_just_left(world, roster, member):
            shown = [(leg.label, leg.muted, leg.hold, leg.coaching) for leg in legs]
            what = f"{member.label} of {room} is not as declared: {shown}"
            world.journal.blame("equal", world.now, what)


def _has_just_left(world: "World", roster: Roster, member: Member) -> bool:
    """Whether a leg that the last listing of the room showed is not there any more."""
    known = [x for (_, room), x in world.journal.known.items() if room == roster.room]
    last = max(known, key=lambda x: x.at, default=None)
    return any(
        not world.exchange.state.participant(call_sid).connected
        for call_sid in (last.shown or {} if last else {})
        if member.label in owners(world, roster, call_sid)
    )


def _silent(
    world: "World", roster: Roster, member: Member, legs: "Iterable[ParticipantRecord]"
) -> None:
    """No leg of a member declared silent is heard, whatever else is waited for."""
    if member.muted is not True and member.hold is not True:
        return
    for leg in legs:
        if len(owners(world, roster, leg.call_sid)) > 1:
            continue
        if not leg.muted and not leg.hold:
            what = (
                f"{member.label} of {roster.room} is heard by their leg {leg.call_sid}"
            )
            world.journal.blame("equal", world.now, what)


def _legs(world: "World", roster: Roster, member: Member) -> list[ParticipantRecord]:
    state = world.exchange.state
    return [
        leg
        for conference in state.conferences.values()
        if conference.name == roster.room and conference.live
        for leg in state.connected(conference.sid)
        if member.label in owners(world, roster, leg.call_sid)
    ]


def _as_declared(
    world: "World", roster: Roster, leg: ParticipantRecord, member: Member
) -> bool:
    wanted = member.coaching
    right = {
        "muted": member.muted in {None, leg.muted},
        "hold": member.hold in {None, leg.hold},
        "end": member.end_conference_on_exit in {None, leg.end_conference_on_exit},
        "coaching": wanted is None or bool(wanted) == leg.coaching,
        "target": not isinstance(wanted, str)
        or wanted in owners(world, roster, leg.call_sid_to_coach or ""),
    }
    return all(right.values())
