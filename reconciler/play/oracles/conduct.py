"""Oracles of single requests: what must be true when one leaves, or takes effect.

recorded   a write is on record before it leaves: a create as an attempt of its
           own, anything else as an event of the same pass
fenced     a write leaves only while the lease holds by the process's clock
alone      no two processes hold a room at once
unknown    nothing is written on the strength of an incomplete look
strangers  whom no roster ever listed is touched only as ``unlisted`` says, or taken
           out of a room that has ended; who is to be removed may be silenced
           first, as the last one in is, and as somebody is of whom no record tells
           yet whether they are a member; a silence that was for a time only is
           ended after it
limits     no pass rings or removes more than the roster's limits, removes
           anybody from an emptied roster, or removes a listed member, unless
           somebody approved. Phones that nobody has answered are let off
           freely, and a cancel ends no other call
outdated   nothing but silences is begun once the roster that it is for is over
paused     nothing leaves for a room a moment after it was paused or released
"""

from typing import TYPE_CHECKING

from reconciler.model.roster import Member, OnChange, RoomState, Roster, Unlisted
from reconciler.planning.ownership import address
from reconciler.play.oracles.boundaries import judge_first
from reconciler.play.oracles.quorums import judge_going, judge_quorum, may_go
from reconciler.play.oracles.removals import (
    is_approved,
    judge_calling,
    judge_removal,
    judge_whose,
    machine_took,
)
from reconciler.play.oracles.ringing import judge_ring
from reconciler.play.scenarios.scenario import stands_still
from reconciler.play.world.act import REMOVING, Act, Kind, Knowledge
from reconciler.play.world.run_journal import DELAYED_SECONDS, RunJournal

if TYPE_CHECKING:
    from reconciler.play.world.world import World

CONFIRMED_SECONDS = 2.05
"""Seconds after a pause from which on its command says that it holds."""

_MUTE, _HOLD = {"Muted": "true"}, {"Hold": "true"}
_ALLOWED = {
    Unlisted.REMOVE: (_MUTE, _HOLD),
    Unlisted.MUTE: (_MUTE,),
    Unlisted.HOLD: (_HOLD,),
}


def judge_leaving(world: "World", act: Act) -> None:
    """Judge a write whose first byte is about to leave."""
    journal, now = world.journal, world.now
    _recorded(journal, act, now)
    if act.lapsed:
        journal.blame("fenced", now, f"{_named(act)} begun after its lease ran out")
    _alone(world, act)
    _standing(world, act)
    judge_whose(world, act)
    knowledge = act.known
    if knowledge is None or not (act.informed or knowledge.complete):
        journal.blame("unknown", now, f"{_named(act)} rests on an incomplete look")
        return
    _outdated(world, act, knowledge)
    if act.kind in {Kind.UPDATE, Kind.DELETE} and act.target not in (
        knowledge.shown or {}
    ):
        journal.blame("unknown", now, f"{_named(act)}: nobody such was shown")
    if act.kind in {Kind.UPDATE, *REMOVING}:
        _strangers(world, act, knowledge)
    if act.kind in REMOVING and knowledge.roster.state is not RoomState.ENDED:
        _removals(world, act, knowledge)
    if act.kind is Kind.CREATE:
        judge_calling(world, act)
        knowledge.rung += not is_approved(world, act)
        if knowledge.rung > knowledge.roster.limits.rings:
            journal.blame("limits", now, f"{_named(act)} exceeds limits.rings")


def _standing(world: "World", act: Act) -> None:
    """Nothing leaves for a room that is not to be converged any more."""
    stood = world.journal.standing(act.planned_for or act.room, world.now)
    if stood is None or world.skew or world.now - stood.at <= CONFIRMED_SECONDS:
        return
    what = f"{_named(act)} {world.now - stood.at:.3f} s after it was {stood.standing}"
    world.journal.blame("paused", world.now, what)


def judge_effect(world: "World", act: Act) -> None:
    """Judge a write that the exchange has carried out."""
    if act.kind is Kind.CREATE and act.took:
        judge_ring(world, act)
        judge_quorum(world, act)
    if act.took:
        judge_first(world, act)
        judge_removal(world, act)
        if act.kind in REMOVING:
            judge_going(world, act)


def _outdated(world: "World", act: Act, known: Knowledge) -> None:
    """Nobody is exposed, called or removed for a roster that is over."""
    if known.until is None or world.skew or stands_still(world.scenario):
        return
    late = act.begun_at - known.until
    if late > DELAYED_SECONDS and not act.silences:
        what = f"{_named(act)} {dict(act.form)} {late:.3f} s after its roster was over"
        world.journal.blame("outdated", world.now, what)


def _named(act: Act) -> str:
    return f"{act.process} {act.kind} {act.target} in {act.room}"


def _alone(world: "World", act: Act) -> None:
    """No other process may hold the room; clocks that jumped may disagree."""
    if act.lapsed or world.skew:
        return
    for (process, room), lease in world.journal.leases.items():
        other = room == act.room and process is not act.process and process.alive
        if other and lease.expires_at > world.now:
            what = f"{_named(act)} while {process} holds the room too"
            world.journal.blame("alone", world.now, what)


def _recorded(journal: RunJournal, act: Act, now: float) -> None:
    if act.kind is Kind.CREATE:
        used = {each.attempt.id for each in journal.acts if each.attempt}
        attempts = [
            attempt
            for attempt in journal.attempts.values()
            if (attempt.room, attempt.label) == (act.room, act.target)
            and attempt.id not in used
        ]
        act.attempt = attempts[-1] if attempts else None
        act.recorded = bool(attempts)
    else:
        since = act.known.at if act.known else now
        target = "" if act.kind is Kind.COMPLETE else act.target
        act.recorded = any(
            at >= since and event.call_sid == target and event.kind.endswith("planned")
            for at, event in reversed(journal.events)
        )
    if not act.recorded:
        journal.blame("recorded", now, f"{_named(act)} is not on record")


def _strangers(world: "World", act: Act, known: Knowledge) -> None:
    if world.is_listed(act.room, act.target):
        return
    rule = known.roster.unlisted
    silenced = act.kind is Kind.UPDATE and dict(act.form) in _ALLOWED.get(rule, ())
    all_go = rule is Unlisted.REMOVE or known.roster.state is RoomState.ENDED
    removed = all_go and act.kind in REMOVING
    if not silenced and not removed and not _restored(world, act):
        world.journal.blame(
            "strangers", world.now, f"{_named(act)} {dict(act.form)} under {rule}"
        )


def _restored(world: "World", act: Act) -> bool:
    """Whether a silence ends that we gave while the rule was so for a time only."""
    opposite = {name: "true" for name, value in act.form.items() if value == "false"}
    return act.kind is Kind.UPDATE and any(
        each.target == act.target
        and dict(each.form) == opposite
        and each.known is not None
        and each.known.roster.temporary_unlisted
        for each in world.journal.acts
    )


def _removals(world: "World", act: Act, known: Knowledge) -> None:
    roster = known.roster
    cancels = act.form.get("Status") == "canceled"
    if cancels or world.is_unanswered(act.target) or is_approved(world, act):
        return
    if machine_took(world, act.target):
        return
    known.removed.add(act.target)
    if len(known.removed) > roster.limits.removals:
        world.journal.blame("limits", world.now, f"{_named(act)} exceeds the limit")
    if not roster.members and any(r.members for r in world.journal.listed(act.room)):
        world.journal.blame("limits", world.now, f"{_named(act)}: emptied roster")
    member = _listed_member(world, act, roster)
    keeps = member is not None and member.on_change is OnChange.KEEP
    goes = member is not None and may_go(roster, member)
    if (
        member
        and keeps
        and not goes
        and not _has_another_leg(world, act, known, member)
    ):
        what = f"{_named(act)} is {member.label}, who is listed"
        world.journal.blame("limits", world.now, what)


def _listed_member(world: "World", act: Act, roster: Roster) -> Member | None:
    """The member of *roster* whom the call reaches, by our own ring or number."""
    number = world.number_of(act.target)
    for member in roster.members:
        made = world.journal.made.get(act.target)
        ours = made is not None and made.target == member.label
        if address(member.to) == number and (made is None or ours):
            return member
    return None


def _has_another_leg(
    world: "World", act: Act, known: Knowledge, member: Member
) -> bool:
    return any(
        sid != act.target and world.number_of(sid) == address(member.to)
        for sid in known.shown or {}
    )
