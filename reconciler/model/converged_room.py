"""Room found as declared, as kept for the next process."""

from msgspec import Struct

from reconciler.model.recorded_observation import ObservedRoom
from reconciler.model.watermark import Watermark


class ConvergedRoom(Struct, frozen=True):
    """What an evaluation without anything to do follows from.

    As long as all of it is the same, another evaluation comes to the same: the code and
    settings that ``rules`` is a hash of, the rows that ``watermark`` covers, the
    listing that ``listing`` stands for, of the conference ``conference_sid``.
    ``evaluated_at`` is when it was made, ``until`` when its roster ends to count, None
    if never; both in Unix seconds. ``fingerprint`` is that of the observation on
    record. ``connected`` of ``members`` members are connected; ``coached`` says that
    somebody coaches.
    """

    room: str
    rules: str
    conference_sid: str
    listing: str
    watermark: Watermark
    evaluated_at: float
    until: float | None
    generation: int
    fingerprint: str
    connected: int
    members: int
    coached: bool


class RestoredRoom(Struct, frozen=True):
    """A room of an earlier process that has been found unchanged, and its observation."""

    converged: ConvergedRoom
    observed: ObservedRoom

    @property
    def room(self) -> str:
        return self.converged.room
