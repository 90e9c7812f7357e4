"""Who hears whom, as a table and as a small graph."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

from reconciler.engine.room.evaluate import Evaluation
from reconciler.model.observation import Observation, Participant
from reconciler.model.observed import Audience
from reconciler.planning.audience import Audibility, audibility

MOST_DRAWN: Final = 24
"""People in the graph; of more, the table alone is shown."""

SIZE: Final = 360.0
_RADIUS: Final = 120.0


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """A leg: by whom it is heard, and whom it hears."""

    name: str
    heard_by: str
    hears: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A leg in the graph."""

    name: str
    x: float
    y: float
    audience: Audience
    hears: bool


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """From who is heard to the room in the middle, or to the target of a coach."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


@dataclass(frozen=True, slots=True)
class AudienceView:
    """The table, and what is drawn of it; ``words`` says the graph in a sentence."""

    rows: tuple[AudienceRow, ...]
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    words: str
    size: float = SIZE


def audience_view(look: Evaluation | None) -> AudienceView:
    """Who hears whom, as the last look shows."""
    observation = look.observation if look else None
    if look is None or not isinstance(observation, Observation):
        return AudienceView((), (), (), "Nobody is in the room.")
    legs = [leg for leg in observation.participants if leg.connected]
    conference = observation.conference
    found = audibility(conference.status if conference else None, legs)
    names = _names(look, legs)
    rows = tuple(_rows(legs, names, found))
    if not 0 < len(legs) <= MOST_DRAWN:
        return AudienceView(rows, (), (), _words(rows))
    places = dict(_places(legs))
    nodes = tuple(
        GraphNode(
            names[leg.call_sid],
            *places[leg.call_sid],
            found.audience(leg.call_sid)[0],
            leg.call_sid in found.listeners,
        )
        for leg in legs
    )
    return AudienceView(rows, nodes, tuple(_edges(legs, places, found)), _words(rows))


def _names(look: Evaluation, legs: list[Participant]) -> dict[str, str]:
    names = {leg.call_sid: leg.label or leg.call_sid for leg in legs}
    for person in look.plan.people:
        names |= {leg.call_sid: person.member.label for leg in person.legs}
    return names


def _rows(
    legs: list[Participant], names: dict[str, str], found: Audibility
) -> Iterator[AudienceRow]:
    for leg in legs:
        audience, target = found.audience(leg.call_sid)
        hearers = found.heard_by(leg.call_sid)
        words = {
            Audience.NOBODY: "nobody",
            Audience.TARGET: names.get(target or "", "the target") + " only",
            Audience.ROOM: f"the room ({len(hearers)})",
        }
        yield AudienceRow(
            names[leg.call_sid],
            words[audience],
            _hears(leg, found),
            audience,
        )


def _hears(leg: Participant, found: Audibility) -> str:
    if leg.call_sid in found.listeners:
        return "the others"
    return "nobody: on hold" if leg.hold else "nobody"


def _places(legs: list[Participant]) -> Iterator[tuple[str, tuple[float, float]]]:
    for number, leg in enumerate(legs):
        angle = 2 * pi * number / len(legs) - pi / 2
        x = SIZE / 2 + _RADIUS * cos(angle)
        y = SIZE / 2 + _RADIUS * sin(angle)
        yield leg.call_sid, (round(x, 1), round(y, 1))


def _edges(
    legs: list[Participant], places: dict[str, tuple[float, float]], found: Audibility
) -> Iterator[GraphEdge]:
    middle = (SIZE / 2, SIZE / 2)
    for leg in legs:
        here = places[leg.call_sid]
        audience, target = found.audience(leg.call_sid)
        if audience is Audience.TARGET and target in places:
            yield GraphEdge(*here, *places[target], "whispers")
        elif audience is Audience.ROOM:
            yield GraphEdge(*here, *middle, "speaks")
        elif leg.call_sid in found.listeners:
            yield GraphEdge(*middle, *here, "listens")


def _words(rows: tuple[AudienceRow, ...]) -> str:
    if not rows:
        return "Nobody is in the room."
    heard = [row.name for row in rows if row.audience is Audience.ROOM]
    names = ", ".join(heard[:MOST_DRAWN]) or "nobody"
    return f"Heard by the room: {names}."
