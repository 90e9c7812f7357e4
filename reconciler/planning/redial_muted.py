"""Cancels ringing calls that would join audible and places them again muted.

the create said   declared now               the call     becomes
muted             anything                   any          left as it is
nothing, or not   muted, on hold, a coach    rings        let off, rung again muted
muted             muted, on hold, a coach    is answered  silenced, see ``member_steps``
                  muted, on hold, a coach    is unknown   looked for first
                  anything else              any          left as it is

Twilio refuses to change a participant that has not answered. The ring that
follows is one of the same budget: see ``redial``.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.model.attempt import Attempt
from reconciler.model.observation import CallStatus
from reconciler.planning.context import PlanningContext
from reconciler.planning.create_parameters import joins_muted
from reconciler.planning.remove_action import call_off

_UNANSWERED = frozenset({CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING})
_REASON = (
    "the call being placed would join audible, but the roster now declares it muted; "
    "it is canceled and placed again muted"
)


def recalls(room: PlanningContext, going: frozenset[str]) -> Iterator[Remove]:
    """The rings to be called off; calls that are *going* are by then."""
    for member in room.roster.members:
        attempt = room.record(member).open
        if attempt is None or attempt.call_sid is None or not joins_muted(member):
            continue
        call_sid = attempt.call_sid
        if call_sid in going or room.leaving(call_sid):
            continue
        if unanswered(room, call_sid) and _joins_audible(room, call_sid):
            yield replace(call_off(member.label, call_sid, _REASON), safety=True)


def unanswered(room: PlanningContext, call_sid: str) -> bool:
    """Whether the phone rings, by the listing and by the call's record."""
    leg, call = room.by_call(call_sid), room.observation.calls.get(call_sid)
    if leg is None:
        return call is not None and call.status in _UNANSWERED
    return leg.on_the_way and (call is None or call.status in _UNANSWERED)


def _joins_audible(room: PlanningContext, call_sid: str) -> bool:
    """Whether it is our own create, and said nothing of muted."""
    leg, ring = room.by_call(call_sid), _placed(room, call_sid)
    if ring is None or (leg is not None and leg.muted):
        return False
    return dict(ring.sent).get("muted") is not True


def _placed(room: PlanningContext, call_sid: str) -> Attempt | None:
    """Our create of the call, under whichever label it was sent."""
    rings = (
        attempt
        for record in room.records.values()
        for attempt in record.attempts
        if attempt.call_sid == call_sid and attempt.number
    )
    return next(rings, None)
