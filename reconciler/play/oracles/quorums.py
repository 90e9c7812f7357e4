"""Oracles of groups, replacements and protection, judged by what is really so.

quorum     nobody is called for groups that have had enough people in for a while
handover   nobody who is replaced is taken out before one who takes over was in
protected  nobody who is protected is taken out unless somebody approved

A machine that took a call is nobody; who it is by is the exchange's own word.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.model.roster import Group, Late, Member, Roster
from reconciler.play.oracles.removals import is_approved, machine_took, was_connected
from reconciler.play.oracles.whose import NOBODY, owners
from reconciler.play.scenarios.scenario import Break
from reconciler.play.world.act import Act
from reconciler.simulator.exchange.fault import FaultKind
from reconciler.simulator.exchange.records import CallRecord

if TYPE_CHECKING:
    from reconciler.play.world.world import World

SEEN_WITHIN_SECONDS = 3.0
KNOWN_WITHIN_SECONDS = 15.0
"""Seconds within which somebody who is in is seen to be: where nothing lags, and else."""

LEFT_WITHIN_SECONDS = 15.0
"""Seconds for which somebody who left may still count as in."""


def judge_quorum(world: "World", act: Act) -> None:
    """Judge a create that has just taken effect."""
    roster = act.known.roster if act.known else None
    if roster is None or act.left_at is None or not _true_listings(world):
        return
    groups = list(_groups_of(roster, act.target))
    enough = [group for group in groups if _has_enough(world, roster, group, act)]
    if groups and enough == groups:
        names = ", ".join(group.name for group in groups)
        what = f"{act.target} of {act.room} is called, and {names} had enough"
        world.journal.blame("quorum", world.now, what)


def judge_going(world: "World", act: Act) -> None:
    """Judge a removal that has just taken effect."""
    roster = act.known.roster if act.known else None
    if roster is None or not was_connected(world, act.target):
        return
    if machine_took(world, act.target):
        return
    whose = owners(world, roster, act.target)
    if not whose or NOBODY in whose:
        return
    label = whose[0]
    _judge_handover(world, roster, label, act)
    member = roster.member(label)
    if member and member.protect and not is_approved(world, act):
        what = f"{label} of {act.room} is protected, and was taken out"
        world.journal.blame("protected", world.now, what)


def may_go(roster: Roster, member: Member) -> bool:
    """Whether the roster lets a listed member be taken out."""
    late = (group.late is Late.LET_GO for group in _groups_of(roster, member.label))
    return any(late) or bool(_heirs(roster, member.label))


def _true_listings(world: "World") -> bool:
    """Whether no listing shows what was so long before."""
    faults = [x.fault.kind for _, x in world.scenario.steps if isinstance(x, Break)]
    return FaultKind.STALE not in faults and not world.skew


def _groups_of(roster: Roster, label: str) -> Iterator[Group]:
    for group in roster.groups:
        if group.want is not None and label in group.labels:
            yield group


def _has_enough(world: "World", roster: Roster, group: Group, act: Act) -> bool:
    """Whom the target takes over from does not count: both are in for a while."""
    inside = {
        label
        for sid in world.exchange.state.participants
        if _was_in(world, sid, act)
        if NOBODY not in (whose := owners(world, roster, sid))
        for label in whose
        if label in group.labels and act.target not in _heirs(roster, label)
    }
    return len(inside) >= min(group.want or 0, len(group.labels))


def _was_in(world: "World", sid: str, act: Act) -> bool:
    """Whether a person has been in the room by this call, for long enough."""
    state = world.exchange.state
    leg, call = state.participant(sid), state.call(sid)
    name = state.conferences[leg.conference_sid].name
    seen = (call.answered_at or world.now) + _lag(world) <= (act.left_at or 0.0)
    return leg.connected and name == act.room and seen and not machine_took(world, sid)


def _lag(world: "World") -> float:
    switches = world.scenario.switches
    lags = switches.list_lag, switches.conferences_list_lag, switches.call_lag
    return (
        SEEN_WITHIN_SECONDS if world.prompt and not any(lags) else KNOWN_WITHIN_SECONDS
    )


def _heirs(roster: Roster, label: str) -> set[str]:
    """Everybody who replaces *label* in the end; nobody on a circle."""
    found, to_do = set[str](), [label]
    while to_do:
        old = to_do.pop()
        for member in roster.members:
            of = member.replaces
            if of and of.label == old and member.label not in found:
                found.add(member.label)
                to_do.append(member.label)
    return set() if label in found else found


def _judge_handover(world: "World", roster: Roster, label: str, act: Act) -> None:
    heirs = _heirs(roster, label)
    if heirs and not any(_has_been_in(world, roster, heirs, act)):
        what = f"{label} of {act.room} is taken out, and none of {heirs} was in"
        world.journal.blame("handover", world.now, what)


def _has_been_in(
    world: "World", roster: Roster, heirs: set[str], act: Act
) -> Iterator[bool]:
    state = world.exchange.state
    for sid in state.participants:
        if heirs.intersection(owners(world, roster, sid)):
            yield _answered(state.call(sid), act) and not machine_took(world, sid)


def _answered(call: CallRecord, act: Act) -> bool:
    ended_at = call.ended_at or float("inf")
    return (
        call.answered_at is not None and ended_at > act.begun_at - LEFT_WITHIN_SECONDS
    )
