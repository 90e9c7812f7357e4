"""Whose a leg really is, by a roster: what no listing can be wrong about."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.model.caller import withheld
from reconciler.model.roster import Member, Roster
from reconciler.planning.ownership import address
from reconciler.simulator.exchange.records import CallRecord

if TYPE_CHECKING:
    from reconciler.play.world.act import Act
    from reconciler.play.world.world import World

NOBODY = ""
"""Stands for a stranger among those whose leg it may be."""


def owners(world: "World", roster: Roster, call_sid: str) -> tuple[str, ...]:
    """The members of *roster* whose leg it may be: several where they share a phone.

    A call of ours is whom it was made for, or else whoever declares its phone now, as
    it is once the roster was without that label: then the call was handed over. Where
    nobody declares its phone and the label is back with another, it may be either. It
    stays theirs while their hours are over, also of a call that was handed over before:
    a coach of theirs still coaches them. Who dialed in is who their label says, else
    whoever is at their number. They may also be who they were taken for before an edit:
    ``NOBODY`` stands for a stranger.
    """
    call = world.exchange.state.calls.get(call_sid)
    if call is None:
        return ()
    number = address(call.latest.party)
    declaring = tuple(x.label for x in roster.members if address(x.to) == number)
    act = world.journal.made.get(call_sid)
    if act is None:
        return _dialed_in(world, roster, call.latest, declaring)
    if act.room != roster.room:
        return declaring
    member = roster.member(act.target)
    if member is None:
        return declaring or _heirs(world, act, number)
    if _left_out(world, act.room, act.target, act.begun_at):
        return declaring or (member.label, NOBODY)
    mine = (member.label,)
    return mine if address(member.to) == number else mine + declaring


def _dialed_in(
    world: "World", roster: Roster, call: CallRecord, declaring: tuple[str, ...]
) -> tuple[str, ...]:
    label = world.exchange.state.participant(call.sid).label
    if label is not None and roster.member(label):
        left_out = _left_out(world, roster.room, label, call.created_at)
        others = tuple(each for each in declaring if each != label)
        return (label, *others) if left_out else (label,)
    former = world.label_of(roster.room, call.sid)
    if not declaring and former is not None and roster.member(former):
        return (former, NOBODY)
    return () if withheld(address(call.party)) else declaring


def _heirs(world: "World", made: "Act", number: str) -> tuple[str, ...]:
    """Whose a call is by the rosters before, where nobody declares its phone.

    Who had the phone last, in a roster without the label that the call was made for:
    else that label.
    """
    heirs: tuple[str, ...] = (made.target,)
    since = made.begun_at
    for each in reversed(world.journal.declared):
        if each.at <= made.begun_at:
            break
        roster = each.roster
        declaring = tuple(x.label for x in roster.members if address(x.to) == number)
        if roster.room == made.room and declaring:
            if roster.member(made.target) is None:
                heirs, since = declaring, each.at
            break
    back = any(_was_back(world, made.room, label, since) for label in heirs)
    return (*heirs, NOBODY) if back else heirs


def _left_out(world: "World", room: str, label: str, since: float) -> bool:
    """Whether a roster of the room was without that label from a moment on."""
    return not all(_listed(world, room, label, since))


def _was_back(world: "World", room: str, label: str, since: float) -> bool:
    """Whether the label was declared again, after a roster without it."""
    listed = list(_listed(world, room, label, since))
    return False in listed and True in listed[listed.index(False) :]


def _listed(world: "World", room: str, label: str, since: float) -> Iterator[bool]:
    """Whether the label is in each roster of the room from a moment on."""
    first = world.journal.roster(room, since)
    later = (x.roster for x in world.journal.declared if x.at > since)
    for roster in (first, *later):
        if roster is not None and roster.room == room:
            yield roster.member(label) is not None


def owner(world: "World", roster: Roster, call_sid: str) -> Member | None:
    """The one member whose leg it is, None for nobody or several."""
    found = owners(world, roster, call_sid)
    return roster.member(found[0]) if len(found) == 1 else None
