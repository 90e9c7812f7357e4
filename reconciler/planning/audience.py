"""Who hears whom in a conference, and whose call ends with whose.

a leg is heard     while the conference has started and it is connected, neither
                   muted nor on hold
by                 the room; of a coach, only the target. A coach whose target is not
                   connected counts as heard by the room: Twilio does not document it
a leg hears        while it is connected and not on hold
the conference     has started once it is in progress, or two are connected one of
                   whom starts it: its own status is read less often than its legs
it                 ends when a leg leaves that ends it on exit, or the last one
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from reconciler.model.observation import ConferenceStatus, Participant
from reconciler.model.recorded_observation import Audience


class Audibility(Struct, frozen=True):
    """Who hears whom, by call SID.

    ``speakers`` are the legs that are heard, each with its audience and, of a coach,
    the target; ``listeners`` are the legs that hear others.
    """

    speakers: dict[str, tuple[Audience, str | None]]
    listeners: frozenset[str]

    def audience(self, call_sid: str) -> tuple[Audience, str | None]:
        """By whom a leg is heard, with the target of a coach."""
        return self.speakers.get(call_sid, (Audience.NOBODY, None))

    def heard_by(self, call_sid: str) -> frozenset[str]:
        """The legs that hear a leg."""
        audience, target = self.audience(call_sid)
        if audience is Audience.NOBODY:
            return frozenset()
        others = self.listeners - {call_sid}
        return others if audience is Audience.ROOM else others & {target}

    def louder_than(self, before: "Audibility") -> bool:
        """Whether somebody is heard, or hears, who was not or did not *before*.

        As to compare ``pairs``, which are many in a large conference.
        """
        new = self.listeners - before.listeners
        for speaker, heard in self.speakers.items():
            if heard == before.audience(speaker):
                audience, target = heard
                more = new - {speaker}
                more = more if audience is Audience.ROOM else more & {target}
            else:
                more = self.heard_by(speaker) - before.heard_by(speaker)
            if more:
                return True
        return False

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Every speaker with each listener."""
        return frozenset(
            (speaker, listener)
            for speaker in self.speakers
            for listener in self.heard_by(speaker)
        )


def audibility(
    status: ConferenceStatus | None, legs: Iterable[Participant]
) -> Audibility:
    """Who hears whom among *legs*, which are of one conference of *status*."""
    present = {leg.call_sid: leg for leg in legs if leg.connected}
    if not started(status, present.values()):
        return Audibility({}, frozenset())
    return Audibility(
        {
            sid: _audience(leg, present.keys())
            for sid, leg in present.items()
            if not (leg.muted or leg.hold)
        },
        frozenset(sid for sid, leg in present.items() if not leg.hold),
    )


def started(status: ConferenceStatus | None, legs: Iterable[Participant]) -> bool:
    """Whether the conference of *legs* has started."""
    if status is not ConferenceStatus.INIT:
        return status is ConferenceStatus.IN_PROGRESS
    present = [leg for leg in legs if leg.connected]
    starts = any(leg.start_conference_on_enter for leg in present)
    return starts and len(present) > 1


def _audience(
    leg: Participant, present: Collection[str]
) -> tuple[Audience, str | None]:
    target = leg.call_sid_to_coach
    if leg.coaching and target is not None and target in present:
        return Audience.TARGET, target
    return Audience.ROOM, None


class BlastRadius(Struct, frozen=True):
    """What the departure of legs does to the others, by call SID.

    ``ended`` are the legs whose calls end with them, those on the way too;
    ``unpaired`` the coaches who stay without their target. ``on_exit`` says that
    somebody who leaves ends the conference on exit.
    """

    ended: tuple[str, ...] = ()
    unpaired: tuple[str, ...] = ()
    on_exit: bool = False


def blast_radius(legs: Iterable[Participant], leaving: Iterable[str]) -> BlastRadius:
    """What happens to the rest of *legs*, of one live conference, when some leave."""
    gone, listed = frozenset(leaving), tuple(legs)
    going = [leg for leg in listed if leg.call_sid in gone and leg.connected]
    rest = [leg for leg in listed if leg.call_sid not in gone and _active(leg)]
    on_exit = any(leg.end_conference_on_exit for leg in going)
    if on_exit or (going and not any(leg.connected for leg in rest)):
        return BlastRadius(tuple(leg.call_sid for leg in rest), (), on_exit)
    targets = {leg.call_sid for leg in going}
    unpaired = (leg for leg in rest if leg.connected and leg.coaching)
    return BlastRadius(
        (), tuple(x.call_sid for x in unpaired if x.call_sid_to_coach in targets)
    )


def _active(leg: Participant) -> bool:
    return leg.connected or leg.on_the_way
