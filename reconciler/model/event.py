"""Events: what happened to a room, when, why and by whom."""

from msgspec import Struct


class Event(Struct, frozen=True):
    """A fact for people. ``at`` is Unix seconds; ``kind`` one dotted word.

    ``label`` and ``call_sid`` are "" where the event is about the room.
    ``cause`` says who or what brought it about ("sync", "file", "person …").
    ``notice`` is the kind that people can be notified by, None where its kind of
    event says it or nobody is notified; see ``model.notice``.
    """

    room: str
    at: float
    kind: str
    message: str
    label: str = ""
    call_sid: str = ""
    cause: str = ""
    request_id: str | None = None
    generation: int | None = None
    run: str | None = None
    notice: str | None = None
