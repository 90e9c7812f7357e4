"""The plan of a room in which everybody is as declared, and nobody else is there."""

from reconciler.model.observation import Observation
from reconciler.model.roster import Roster
from reconciler.planning.plan import Person, Phase, Plan


def resting_plan(
    roster: Roster, observation: Observation, generation: int
) -> Plan | None:
    """What ``make_plan`` comes to where nothing is to be done, waited for or shown.

    None unless each member has one connected leg, which carries their label, and there
    is no other leg. Whether it is the plan of the room, only ``make_plan`` can tell.
    """
    legs = {leg.label: leg for leg in observation.participants if leg.connected}
    members = roster.members
    if not len(legs) == len(observation.participants) == len(members):
        return None
    if any(member.label not in legs for member in members):
        return None
    people = tuple(Person(x, legs[x.label], Phase.CONNECTED) for x in members)
    return Plan(roster.room, generation, observation.conference, people=people)
