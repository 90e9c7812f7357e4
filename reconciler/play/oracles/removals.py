"""Oracle "removals": no more people are taken out than the roster allows.

ten minutes  within any ten minutes no more people who were connected are taken out
             of a room than its limits allow, unless somebody approved
withheld     what was withheld for a roster stays so until somebody approves
young        nobody connected is taken out, and nobody called, on the word of a file
             just written, unless somebody approved: a file that nobody reads again
             waits for that; a call rests on the file as it was when its attempt was
             put on record
others       no call is ended, and nobody changed, of a room other than the pass's,
             unless that room was released
"""

from typing import TYPE_CHECKING

from reconciler.engine.desired_room import Standing
from reconciler.model.observation import ParticipantStatus
from reconciler.model.roster import RoomState
from reconciler.play.world.act import REMOVING, Act, Kind, Knowledge
from reconciler.play.world.approving import APPROVAL_SECONDS
from reconciler.play.world.run_journal import DELAYED_SECONDS

if TYPE_CHECKING:
    from reconciler.play.world.world import World

_LASTING = frozenset({"limits.removals", "emptied-roster", "nobody-connected"})
"""Guards that withhold all removals of a generation."""

MINUTES_SECONDS = 600.0
"""Seconds for which a removal counts."""


def judge_removal(world: "World", act: Act) -> None:
    """Judge a removal that has just taken effect."""
    if act.kind not in REMOVING or act.known is None:
        return
    if not was_connected(world, act.target) or machine_took(world, act.target):
        return
    journal, now = world.journal, world.now
    young = _was_young(world, act.room, act.known.at)
    if act.known.roster.state is RoomState.ENDED or is_approved(world, act):
        return
    if young:
        journal.blame("young", now, f"{act.target} of {act.room} taken out")
    if _was_withheld(world, act):
        what = f"{act.target} taken out of {act.room}"
        journal.blame("withheld", now, f"{what}, where removals were withheld")
    counted = _counted(world, act, now)
    counted.add(act.target)
    most = _most(world, act.room, now)
    if len(counted) > most:
        what = f"{len(counted)} taken out of {act.room}, where {most} are allowed"
        journal.blame("removals", now, what)


def judge_calling(world: "World", act: Act) -> None:
    """Judge a create whose first byte is about to leave."""
    knowledge = act.known
    if knowledge is None or is_approved(world, act):
        return
    if _was_young(world, act.room, _read_at(world, act, knowledge)):
        what = f"{act.target} of {act.room} called"
        world.journal.blame("young", world.now, what)


def _read_at(world: "World", act: Act, known: Knowledge) -> float:
    """When the room was read that a create rests on.

    An attempt is put on record for the roster that was read before. Its request leaves
    once the database has answered: within ``DELAYED_SECONDS``, but perhaps after the
    next edit and the next look.
    """
    journal = world.journal
    recorded_at = journal.attempts_at.get(act.attempt.id) if act.attempt else None
    if recorded_at is None or world.now - recorded_at > DELAYED_SECONDS:
        return known.at
    known_then = [
        known,
        *reversed(journal.known_before.get((act.process, act.room), [])),
    ]
    return next((x.at for x in known_then if x.at <= recorded_at), known.at)


def _was_young(world: "World", room: str, at: float) -> bool:
    """Whether a file was young; not judged between hosts whose clocks differ.

    It is dated by the clock of the host that read it.
    """
    apart = world.server is not None and world.skew
    return not apart and world.journal.was_young(room, at)


def _was_withheld(world: "World", act: Act) -> bool:
    """Whether a pass over the same roster, which this one knew of, withheld removals."""
    knowledge = act.known
    if knowledge is None or world.skew:
        return False
    since = world.journal.declared_at(act.room, knowledge.at)
    return any(
        since <= reported.known.at and reported.at < knowledge.at
        for reported in world.journal.passes
        if reported.known is not None
        and reported.made.room == act.room
        and reported.is_of_observation
        if any(
            withheld.guard in _LASTING
            for withheld in reported.made.evaluation.plan.withheld
        )
    )


def was_connected(world: "World", call_sid: str) -> bool:
    """Whether somebody who is out now had been in."""
    leg = world.exchange.state.participants.get(call_sid)
    return leg is not None and leg.latest.status is ParticipantStatus.COMPLETE


def machine_took(world: "World", call_sid: str) -> bool:
    """Whether Twilio tells that a machine took the call, now or later."""
    call = world.exchange.state.call(call_sid)
    leg = world.exchange.state.participants.get(call_sid)
    asked = leg is not None and "machine_detection" in leg.latest.sent
    return asked and world.exchange.state.people.find(call.phone).machine


def is_approved(world: "World", act: Act) -> bool:
    """Whether somebody approved a plan for the room a while ago."""
    return any(
        room == act.room and 0 <= act.begun_at - at <= APPROVAL_SECONDS
        for at, room in world.journal.approvals
    )


def _counted(world: "World", act: Act, now: float) -> set[str]:
    """Whom removals of the last minutes took out of the room of *act*.

    Those are not counted that a process has on record by a clock which jumped.
    """
    skew = world.skew.get(act.process.name, 0.0)
    return {
        each.target
        for each in world.journal.acts
        if each.kind in REMOVING
        and each.took
        and each.room == act.room
        and (each.effect_at or 0.0) > now - MINUTES_SECONDS
        and world.skew.get(each.process.name, 0.0) == skew
        and was_connected(world, each.target)
        and not machine_took(world, each.target)
        and each.known is not None
        and each.known.roster.state is not RoomState.ENDED
        and not is_approved(world, each)
    }


def _most(world: "World", room: str, now: float) -> int:
    """The highest limit that a roster of the room had in the last ten minutes."""
    mine = [
        declared for declared in world.journal.declared if declared.roster.room == room
    ]
    ends = [declared.at for declared in mine[1:]] + [now]
    return max(
        declared.roster.limits.removals
        for declared, until in zip(mine, ends, strict=True)
        if until > now - MINUTES_SECONDS
    )


def judge_whose(world: "World", act: Act) -> None:
    """Judge whether a change or removal is of the room that the pass was for."""
    if act.kind in {Kind.CREATE, Kind.COMPLETE} or act.planned_for == act.room:
        return
    stood = world.journal.standing(act.room, world.now)
    handed_over = stood is not None and stood.standing is Standing.RELEASED
    if act.planned_for is not None and not handed_over:
        what = f"{act.process} {act.kind} {act.target} of {act.room}"
        world.journal.blame("others", world.now, f"{what} for {act.planned_for}")
