"""A room that another process left as declared."""

from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.recorded_observation import Audience, ObservedLeg, ObservedRoom
from reconciler.model.watermark import Watermark
from reconciler.planning.observed_room import fingerprint
from tests.planning.samples import CONFERENCE, NOW, ROOM, leg

OBSERVED = ObservedRoom(
    ROOM,
    NOW,
    3,
    CONFERENCE,
    (ObservedLeg(leg(), "ann", Audience.ROOM, None, Audience.ROOM, NOW),),
)
RESTORED = RestoredRoom(
    ConvergedRoom(
        room=ROOM,
        rules="of this code",
        conference_sid=CONFERENCE.sid,
        listing="00ff",
        watermark=Watermark(1),
        evaluated_at=NOW,
        until=None,
        generation=3,
        fingerprint=fingerprint(OBSERVED),
        connected=1,
        members=1,
        coached=False,
    ),
    OBSERVED,
)
