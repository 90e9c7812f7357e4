"""Counts for how long rooms heard people, and heard more than was declared."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

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
from reconciler.planning.leg_intervals import advance
from reconciler.planning.observed_room import with_participants
from reconciler.telemetry.packed_room import pack, unpack

Series = tuple[str, OverheardCause | None]
"""A room, and why it heard more than was declared; None: all that it heard."""

Lasting = tuple[tuple[OverheardCause | None, float, int], ...]
"""Series of a room that last: the cause, since when, and how many legs count for it."""


class ExposureMeter(Struct):
    """Follows the observations of one process at every room.

    Observations are kept as bytes: of a room at rest nobody asks but for what lasts.
    """

    _rooms: dict[str, bytes] = field(default_factory=dict)
    _lasting: dict[str, Lasting] = field(default_factory=dict)
    _checked_at: dict[str, float] = field(default_factory=dict)
    _ended: dict[Series, float] = field(default_factory=lambda: defaultdict(float))

    def evaluated(self, result: ReconcileResult, now: float) -> None:
        """A pass is over at *now*."""
        if result.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}:
            self._untouched(result, now)
            return
        evaluation, before = result.evaluation, self._before(result.room)
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
            self._keep(room)
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
        for room, lasting in self._lasting.items():
            for cause, since, legs in lasting:
                if since < now:
                    totals[room, cause] += legs * (now - since)
        return totals

    def _before(self, room: str) -> ObservedRoom | None:
        """The last observation of *room*."""
        packed = self._rooms.get(room)
        return None if packed is None else unpack(packed)

    def _untouched(self, result: ReconcileResult, now: float) -> None:
        """Nobody observes a paused room; of a released one nothing is counted."""
        room = self._before(result.room)
        if room is None:
            return
        if result.state is RoomPhase.RELEASED:
            self._end(result.room, now)
            return
        shown = {leg.call_sid: leg.participant for leg in room.legs}
        causes = dict.fromkeys(shown, OverheardCause.PAUSED)
        self._advance(with_participants(room, shown, causes, now))

    def _end(self, room: str, now: float) -> None:
        self._advance(replace(unpack(self._rooms[room]), legs=(), seen_at=now))
        del self._rooms[room]

    def _advance(self, room: ObservedRoom) -> None:
        after, ended = advance(self._before(room.room), room)
        self._keep(after)
        for interval in ended:
            for cause in _causes(interval):
                self._ended[interval.room, cause] += seconds(interval)

    def _keep(self, room: ObservedRoom) -> None:
        self._rooms[room.room] = pack(room)
        if lasting := _lasting(room):
            self._lasting[room.room] = lasting
        else:
            self._lasting.pop(room.room, None)


def _is_first(room: ObservedRoom, known: Collection[str]) -> bool:
    return room.room not in known and not room.events


def _is_exposed(leg: ObservedLeg) -> bool:
    return leg.overheard or leg.cause is not None


def _causes(of: LegInterval | ObservedLeg) -> Iterator[OverheardCause | None]:
    """The series of its room for which it counts."""
    if of.audience is Audience.ROOM:
        yield None
    if of.cause is not None and of.overheard:
        yield of.cause


def _lasting(room: ObservedRoom) -> Lasting:
    """As ``open_intervals``, of which this is the sum."""
    legs = Counter(
        (cause, leg.since)
        for leg in room.legs
        if leg.participant.connected
        for cause in _causes(leg)
    )
    return tuple([(*series, number) for series, number in legs.items()])


def _started_sid(room: ObservedRoom | None) -> str | None:
    conference = room.conference if room else None
    if conference and conference.status is ConferenceStatus.IN_PROGRESS:
        return conference.sid
    return None
