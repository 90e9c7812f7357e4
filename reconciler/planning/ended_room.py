"""The plan of a room that the roster declares ended."""

from collections.abc import Iterator

from reconciler.model.action import Remove
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.plan import Person, Phase
from reconciler.planning.removal import unlisted_call
from reconciler.planning.remove_action import remove
from reconciler.planning.retry import tried

ENDED = "the room is declared ended"
"""Why nobody is wanted; ``planning.origins`` adds by whom, if not by the roster."""

ENDING_TRIES = 3
"""Tries to end the conference after which people are taken out one by one."""


def close(room: PlanningContext) -> Iterator[Item]:
    """End the conference, and every call that is on its way to it."""
    conference, legs = room.observation.conference, room.observation.participants
    if conference is not None:
        count = f"{len(legs)} {'person is' if len(legs) == 1 else 'people are'} in it"
        reason = f"{ENDED}; {count}"
        end = Remove("", None, conference.sid, connected=True, reason=reason)
        yield end
        retry = tried(end, room.ledger.memory, room.now)
        if retry is not None and retry.tries >= ENDING_TRIES:
            yield from _one_by_one(room)
    connected = {leg.call_sid for leg in legs if leg.connected}
    for record in room.records.values():
        if record.open and record.open.call_sid not in connected:
            yield from unlisted_call(room, record, ENDED)


def _one_by_one(room: PlanningContext) -> Iterator[Item]:
    """Everybody taken out, where the conference cannot be ended as a whole."""
    labels = {
        leg.call_sid: member.label
        for member in room.roster.members
        for leg in room.legs_of(member.label)
    }
    for leg in room.observation.participants:
        if leg.connected and not room.leaving(leg.call_sid):
            label = labels.get(leg.call_sid, "")
            yield remove(label, leg, "the conference cannot be ended as a whole")


def people_of(room: PlanningContext) -> Iterator[Person]:
    """The members as found; nobody is wanted any longer."""
    for member in room.roster.members:
        leg = room.leg(member.label)
        phase = Phase.CONNECTED if leg and leg.connected else Phase.ABSENT
        extras = room.legs_of(member.label)[1:]
        yield Person(member, leg, phase, ENDED, extras=extras)
