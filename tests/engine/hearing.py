"""For how long somebody was heard, in rooms of a coach, a target and others."""

from msgspec.structs import replace

from reconciler.model.recorded_observation import Audience
from reconciler.model.roster import Limits, Member, Roster
from tests.engine.world import World, member

ANN = member("ann", muted=False)
SUP = Member("sup", "+15551230009", "+15005550006", coaching="ann")
COACHED = Roster("alpha", (ANN, SUP, member("dan")))


def others(room: str, count: int, *more: Member) -> Roster:
    """A room of *more* and *count* people who are to be rung."""
    crowd = tuple(
        Member(f"p{at:02}", f"+1555777{at:04}", "+15005550006") for at in range(count)
    )
    limits = Limits(rings=count + len(more), removals=count)
    return Roster(room, (*more, *crowd), limits=limits)


def beside(roster: Roster, count: int) -> Roster:
    """*roster* with *count* more people who are to be rung."""
    crowd = others(roster.room, count).members
    limits = Limits(rings=count + len(roster.members), removals=count)
    return replace(roster, members=(*roster.members, *crowd), limits=limits)


def heard(world: World, label: str) -> float:
    """Seconds for which the room has heard *label* so far."""
    since: float | None = None
    seconds = 0.0
    for each in world.exchange.history.exposures:
        if each.label != label:
            continue
        if since is not None:
            seconds += each.at - since
        since = each.at if each.audience is Audience.ROOM else None
    return seconds if since is None else seconds + world.loop.time() - since
