"""Counts for how long rooms heard people, and heard more than was declared."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.observed_after import observed_after, observed_of
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.observation import ConferenceStatus
from reconciler.model.recorded_observation import (
    Audience,
    LegInterval,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
)
from reconciler.planning.exposure_ledger import seconds
from reconciler.planning.leg_intervals import advance, open_intervals
from reconciler.planning.observed_room import with_participants

Series = tuple[str, OverheardCause | None]
"""A room, and why it heard more than was declared; None: all that it heard."""


class ExposureMeter(Struct):
    """Follows the observations of one process at every room."""

    _rooms: dict[str, ObservedRoom] = field(default_factory=dict)
    _checked_at: dict[str, float] = field(default_factory=dict)
    _ended: dict[Series, float] = field(default_factory=lambda: defaultdict(float))

    def evaluated(self, result: ReconcileResult, now: float) -> None:
        """A pass is over at *now*."""
        if result.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}:
            self._untouched(result, now)
            return
        evaluation, before = result.evaluation, self._rooms.get(result.room)
        room = observed_of(
            evaluation, self._checked_at.get(result.room), _started_sid(before)
        )
        if room is not None:
            self._advance(room)
            self._checked_at[result.room] = evaluation.observed_at
            after = (
                observed_after(room, result.outcomes, now) if result.outcomes else None
            )
            if after is not None:
                self._advance(after)

    def restored(self, room: ObservedRoom, at: float) -> None:
        """The room showed at *at* what another process observed; counted from then on."""
        legs = tuple(replace(leg, since=at) for leg in room.legs)
        room = replace(room, seen_at=at, previous_at=None, legs=legs)
        if _is_first(room, self._rooms) and not any(map(_is_exposed, legs)):
            self._rooms[room.room] = room
        else:
            self._advance(room)
        self._checked_at[room.room] = at

    def unchanged(self, room: str, at: float) -> None:
        """The room showed at *at* what it did before."""
        self._checked_at[room] = at

    def left(self, room: str, now: float) -> None:
        """Another process follows the room from *now* on."""
        self._checked_at.pop(room, None)
        if room in self._rooms:
            self._end(room, now)

    def totals(self, now: float) -> dict[Series, float]:
        """Seconds until *now*, of intervals that last, too."""
        totals = defaultdict(float, self._ended)
        for room in self._rooms.values():
            lasting = (replace(x, ends_at=now) for x in open_intervals(room))
            _add(totals, (x for x in lasting if x.begins_at < now))
        return totals

    def _untouched(self, result: ReconcileResult, now: float) -> None:
        """Nobody observes a paused room; of a released one nothing is counted."""
        room = self._rooms.get(result.room)
        if room is None:
            return
        if result.state is RoomPhase.RELEASED:
            self._end(result.room, now)
            return
        shown = {leg.call_sid: leg.participant for leg in room.legs}
        causes = dict.fromkeys(shown, OverheardCause.PAUSED)
        self._advance(with_participants(room, shown, causes, now))

    def _end(self, room: str, now: float) -> None:
        self._advance(replace(self._rooms[room], legs=(), seen_at=now))
        del self._rooms[room]

    def _advance(self, room: ObservedRoom) -> None:
        self._rooms[room.room], ended = advance(self._rooms.get(room.room), room)
        _add(self._ended, ended)


def _is_first(room: ObservedRoom, known: Mapping[str, ObservedRoom]) -> bool:
    return room.room not in known and not room.events


def _is_exposed(leg: ObservedLeg) -> bool:
    return leg.overheard or leg.cause is not None


def _add(totals: dict[Series, float], intervals: Iterable[LegInterval]) -> None:
    for interval in intervals:
        length = seconds(interval)
        if interval.audience is Audience.ROOM:
            totals[interval.room, None] += length
        if interval.overheard and interval.cause is not None:
            totals[interval.room, interval.cause] += length


def _started_sid(room: ObservedRoom | None) -> str | None:
    conference = room.conference if room else None
    if conference and conference.status is ConferenceStatus.IN_PROGRESS:
        return conference.sid
    return None
