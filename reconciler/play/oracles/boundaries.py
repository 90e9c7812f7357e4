"""Oracle "first": at a boundary, as at an edit, silence comes before exposure.

Nobody is unmuted, taken off hold or parted from whom they coach by a pass while
somebody is heard whom its roster declares silent, and whom its listing showed heard.
Whom others changed since that listing is excused. Who is still muted or on hold after
it was not exposed.
"""

from typing import TYPE_CHECKING

from reconciler.model.recorded_observation import Audience
from reconciler.play.oracles.whose import owner
from reconciler.play.world.act import Act, Kind, Knowledge

if TYPE_CHECKING:
    from reconciler.play.world.world import World

_EXPOSING = ({"Muted": "false"}, {"Hold": "false"}, {"Coaching": "false"})


def judge_first(world: "World", act: Act) -> None:
    """Judge an update that has just taken effect."""
    knowledge = act.known
    if not world.scenario.timetables or knowledge is None or not act.took:
        return
    if act.kind is not Kind.UPDATE or dict(act.form) not in _EXPOSING:
        return
    audience, _ = world.exchange.state.heard.get(act.target, (Audience.NOBODY, None))
    if audience is Audience.NOBODY:
        return
    loud = [
        sid for sid in knowledge.shown or {} if _is_loud(world, knowledge, sid, act)
    ]
    for sid in loud:
        what = f"{act.process} exposes {act.target} while {sid} is heard in {act.room}"
        world.journal.blame("first", world.now, what)


def _is_loud(world: "World", known: Knowledge, sid: str, act: Act) -> bool:
    """Whether a pass knew that somebody is heard who is declared silent."""
    shown = (known.shown or {})[sid]
    member = owner(world, known.roster, sid)
    if member is None or sid == act.target or shown["status"] != "connected":
        return False
    if member.muted is not True and member.hold is not True:
        return False
    heard, _ = world.exchange.state.heard.get(sid, (Audience.NOBODY, None))
    touched = world.journal.touched.get(sid, ())
    met = any(at >= known.shown_at and by is not known for at, by in touched)
    seen = not shown["muted"] and not shown["hold"]
    return heard is Audience.ROOM and seen and not met
