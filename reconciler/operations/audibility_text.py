"""Who hears whom, as text and as data."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from reconciler.model.action import Action, Remove
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.planning.audience import (
    Audibility,
    BlastRadius,
    audibility,
    blast_radius,
)
from reconciler.planning.plan import Plan
from reconciler.planning.predicted_room import after_actions

_MOST_COLUMNS = 12
"""Listeners for which a matrix has columns; more people are listed in words."""


class RoomAudibility(Struct, frozen=True):
    """Who hears whom in a room, with a name for each call."""

    names: dict[str, str]
    audibility: Audibility

    def heard_by(self, call_sid: str) -> tuple[str, ...]:
        """The names of those who hear a call, in the room's order."""
        heard = self.audibility.heard_by(call_sid)
        return tuple(name for sid, name in self.names.items() if sid in heard)


def hearing_of(plan: Plan, legs: Iterable[Participant] | None = None) -> RoomAudibility:
    """Who hears whom among *legs*, by default as the plan found them."""
    present = [leg for leg in (plan.legs if legs is None else legs) if leg.connected]
    status = plan.conference.status if plan.conference else None
    labels = {
        leg.call_sid: person.member.label
        for person in plan.people
        for leg in person.legs
    }
    labels |= {leg.call_sid: label for label, leg in plan.dismissed}
    return RoomAudibility(
        {x.call_sid: labels.get(x.call_sid) or x.label or x.call_sid for x in present},
        audibility(status, present),
    )


def audibility_data(plan: Plan) -> list[dict[str, Any]]:
    """Each connected call with those who hear it."""
    hearing = hearing_of(plan)
    return [
        {
            "call_sid": sid,
            "label": name,
            "audience": str(hearing.audibility.audience(sid)[0]),
            "heard_by": list(hearing.heard_by(sid)),
        }
        for sid, name in hearing.names.items()
    ]


def audibility_lines(plan: Plan) -> Iterator[str]:
    """A matrix with a row a speaker and a column a listener, or lines where it is wide."""
    hearing = hearing_of(plan)
    if not hearing.names:
        return
    yield "  audibility: who (row) is heard by whom (column)"
    if len(hearing.names) > _MOST_COLUMNS:
        for sid, name in hearing.names.items():
            yield f"    {mask(name)}: {heard_text(hearing.heard_by(sid))}"
        return
    names = [mask(name) for name in hearing.names.values()]
    width = max(map(len, names))
    columns = "  ".join(f"{name:>{max(3, len(name))}}" for name in names)
    yield f"    {'':{width}}  {columns}"
    for (sid, _), name in zip(hearing.names.items(), names, strict=True):
        heard = hearing.audibility.heard_by(sid)
        cells = (
            f"{_cell(sid, other, heard):>{max(3, len(column))}}"
            for other, column in zip(hearing.names, names, strict=True)
        )
        yield f"    {name:{width}}  {'  '.join(cells)}".rstrip()


def _cell(speaker: str, listener: str, heard: Iterable[str]) -> str:
    if speaker == listener:
        return "."
    return "yes" if listener in heard else "-"


def heard_text(names: tuple[str, ...]) -> str:
    """``heard by bob and cara``, ``heard by nobody``."""
    if not names:
        return "heard by nobody"
    shown = [mask(name) for name in names[:_MOST_COLUMNS]]
    more = len(names) - len(shown)
    if more:
        return f"heard by {', '.join(shown)} and {more} more"
    *first, last = shown
    return f"heard by {', '.join(first)} and {last}" if first else f"heard by {last}"


def predicted_lines(plan: Plan) -> Iterator[str]:
    """Whose audience the plan changes, and whose calls end with somebody removed."""
    for name, heard in changed_audiences(plan):
        yield f"  > after this, {mask(name)} is {heard_text(heard)}"
    for action in plan.actions:
        text = blast_text(plan, action)
        if text:
            yield f"  > {mask(text)}"


def changed_audiences(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """Who is heard by others once the plan was applied, with those who hear them."""
    if not plan.actions:
        return []
    before = hearing_of(plan)
    after = hearing_of(plan, after_actions(plan))
    there = {leg.call_sid for leg in plan.legs}
    stay = set(after.names.values())
    return [
        (name, after.heard_by(sid))
        for sid, name in after.names.items()
        if sid in there and set(before.heard_by(sid)) & stay != set(after.heard_by(sid))
    ]


def predicted_data(plan: Plan) -> dict[str, Any]:
    """What the plan changes for the ears of people, as data."""
    blasts = [(x, blast_of(plan, x)) for x in plan.actions if isinstance(x, Remove)]
    return {
        "audibility_after": [
            {"label": name, "heard_by": list(heard)}
            for name, heard in changed_audiences(plan)
        ],
        "ended_with": [
            {"label": action.label, "calls": len(blast.ended)}
            for action, blast in blasts
            if blast.ended
        ],
    }


def blast_of(plan: Plan, action: Remove) -> BlastRadius:
    """Whose calls end with a removal."""
    leaving = [leg.call_sid for leg in plan.legs] if not action.call_sid else []
    return blast_radius(plan.legs, leaving or [action.call_sid or ""])


def blast_text(plan: Plan, action: Action) -> str:
    """``removing ann ends the call for 6``, "" where nobody else's call ends."""
    if not isinstance(action, Remove):
        return ""
    ended = len(blast_of(plan, action).ended)
    return f"removing {action.label} ends the call for {ended}" if ended else ""
