"""Who hears whom, as a table and as a small graph."""

from collections.abc import Collection, Iterator, Mapping
from math import cos, pi, sin
from typing import Final

from msgspec import Struct

from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.observation import Observation
from reconciler.model.recorded_observation import Audience
from reconciler.operations.audibility_text import RoomAudibility, hearing_of
from reconciler.planning.audience import Audibility

MOST_DRAWN: Final = 24
"""People in the graph; of more, the table alone is shown."""

Places = Mapping[str, tuple[float, float]]
"""Where each call is drawn."""

SIZE: Final = 320.0
_RADIUS: Final = 115.0

_LEGEND: Final = {
    "room": "heard by the room",
    "target": "heard by one person",
    "nobody": "heard by nobody",
    "deaf": "hears nobody",
}
"""What the circles of each class mean."""


class AudienceRow(Struct, frozen=True):
    """A leg: by whom it is heard, and whom it hears."""

    name: str
    heard_by: str
    hears: str
    audience: Audience


class GraphNode(Struct, frozen=True):
    """A leg in the graph."""

    name: str
    x: float
    y: float
    audience: Audience
    hears: bool

    @property
    def text_y(self) -> float:
        """Where the name stands: off the line to the middle."""
        return round(self.y + (30 if self.y >= SIZE / 2 else -20), 1)


class GraphEdge(Struct, frozen=True):
    """From who is heard to the room in the middle, or to the target of a coach."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


class AudienceView(Struct, frozen=True):
    """The table, and what is drawn of it; ``words`` says the graph in a sentence."""

    rows: tuple[AudienceRow, ...]
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    words: str
    size: float = SIZE

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The classes of circles that are drawn, with what they mean."""
        drawn = {str(graph_node.audience) for graph_node in self.nodes}
        drawn |= {"deaf" for graph_node in self.nodes if not graph_node.hears}
        return [(kind, words) for kind, words in _LEGEND.items() if kind in drawn]


def audience_of(evaluation: Evaluation | None) -> AudienceView:
    """Who hears whom, as the last observation shows."""
    if evaluation is None or not isinstance(evaluation.observation, Observation):
        return audience_view(RoomAudibility({}, Audibility({}, frozenset())))
    return audience_view(hearing_of(evaluation.plan))


def audience_view(hearing: RoomAudibility) -> AudienceView:
    """Who hears whom, to be shown."""
    rows = tuple(_rows(hearing))
    words = _words(rows)
    if not 0 < len(rows) <= MOST_DRAWN:
        return AudienceView(rows, (), (), words)
    places = dict(_places(hearing.names))
    return AudienceView(
        rows, tuple(_nodes(hearing, places)), tuple(_edges(hearing, places)), words
    )


def _nodes(hearing: RoomAudibility, places: Places) -> Iterator[GraphNode]:
    audibility = hearing.audibility
    for sid, name in hearing.names.items():
        audience, _ = audibility.audience(sid)
        yield GraphNode(name, *places[sid], audience, sid in audibility.listeners)


def _rows(hearing: RoomAudibility) -> Iterator[AudienceRow]:
    audibility = hearing.audibility
    for sid, name in hearing.names.items():
        audience, target = audibility.audience(sid)
        words = {
            Audience.NOBODY: "nobody",
            Audience.TARGET: f"{hearing.names.get(target or '', 'the target')} only",
            Audience.ROOM: f"the room ({len(audibility.heard_by(sid))})",
        }
        hears = "the others" if sid in audibility.listeners else "nobody"
        yield AudienceRow(name, words[audience], hears, audience)


def _places(call_sids: Collection[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    for number, sid in enumerate(call_sids):
        angle = 2 * pi * number / len(call_sids) - pi / 2
        x = SIZE / 2 + _RADIUS * cos(angle)
        y = SIZE / 2 + _RADIUS * sin(angle)
        yield sid, (round(x, 1), round(y, 1))


def _edges(hearing: RoomAudibility, places: Places) -> Iterator[GraphEdge]:
    middle, audibility = (SIZE / 2, SIZE / 2), hearing.audibility
    for sid, here in places.items():
        audience, target = audibility.audience(sid)
        if target is not None and target in places:
            yield GraphEdge(*here, *places[target], "whispers")
        elif audience is Audience.ROOM:
            yield GraphEdge(*here, *middle, "speaks")
        elif sid in audibility.listeners:
            yield GraphEdge(*middle, *here, "listens")


def _words(rows: tuple[AudienceRow, ...]) -> str:
    if not rows:
        return "Nobody is in the room."
    heard = [row.name for row in rows if row.audience is Audience.ROOM]
    names = ", ".join(heard[:MOST_DRAWN]) or "nobody"
    return f"Heard by the room: {names}."
