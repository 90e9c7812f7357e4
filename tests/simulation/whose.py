"""Whose a leg really is, by a roster: what no listing can be wrong about."""

from typing import TYPE_CHECKING

from reconciler.model.caller import withheld
from reconciler.model.roster import Member, Roster
from reconciler.planning.ownership import address

if TYPE_CHECKING:
    from tests.simulation.world import World


def owners(world: "World", roster: Roster, call_sid: str) -> tuple[str, ...]:
    """The members of *roster* whose leg it may be: several where they share a phone.

    A call of ours is whom it was made for, or else whoever declares its phone now;
    who dialled in is who their label says, else whoever is at their number.
    """
    call = world.exchange.state.calls.get(call_sid)
    if call is None:
        return ()
    number = address(call.latest.party)
    declaring = tuple(x.label for x in roster.members if address(x.to) == number)
    made = world.journal.made.get(call_sid)
    if made is not None:
        member = roster.member(made.target) if made.room == roster.room else None
        if member is None or address(member.to) == number:
            return declaring if member is None else (member.label,)
        return (member.label, *declaring)
    label = world.exchange.state.participant(call_sid).label
    if label is not None and roster.member(label):
        return (label,)
    return () if withheld(number) else declaring


def owner(world: "World", roster: Roster, call_sid: str) -> Member | None:
    """The one member whose leg it is, None for nobody or several."""
    found = owners(world, roster, call_sid)
    return roster.member(found[0]) if len(found) == 1 else None
