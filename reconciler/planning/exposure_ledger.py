"""For how long people were heard in a room, and by more than was declared, and why."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.recorded_observation import Audience, LegInterval, OverheardCause

Window = tuple[float, float]


class PersonExposure(Struct, frozen=True):
    """One person in a window of time; all in seconds.

    ``label`` is the call SID of somebody without one. ``audible_seconds`` is for how
    long the room heard them, ``overheard_seconds`` for how long they were heard by
    more than ``permitted``, by cause in the order in which the causes began.
    """

    label: str
    permitted: Audience
    audible_seconds: float
    overheard_seconds: Mapping[OverheardCause, float] = field(default_factory=dict)

    @property
    def overheard(self) -> float:
        """All of ``overheard_seconds``."""
        return sum(self.overheard_seconds.values())


def people_exposed(intervals: Iterable[LegInterval]) -> tuple[PersonExposure, ...]:
    """Everybody of *intervals*, which have all ended, who was heard longest first.

    Whoever was overheard comes before the others.
    """
    rows: dict[str, list[LegInterval]] = {}
    for interval in sorted(intervals, key=lambda one: one.begins_at):
        rows.setdefault(interval.label or interval.call_sid, []).append(interval)
    people = (_person(label, mine) for label, mine in rows.items())
    return tuple(sorted(people, key=lambda x: (-x.overheard, -x.audible_seconds)))


def within(
    intervals: Iterable[LegInterval],
    since: float,
    until: float,
    pauses: Sequence[Window] = (),
) -> tuple[LegInterval, ...]:
    """The parts of *intervals* from *since* to *until*.

    Of those that are overheard, what falls into *pauses* has that as its cause: nobody
    observes or corrects a paused room.
    """
    cut = (_clipped(interval, since, until) for interval in intervals)
    return tuple(
        part
        for interval in cut
        if interval is not None
        for part in _split(interval, pauses)
    )


def seconds(interval: LegInterval) -> float:
    """How long it lasted; it has ended."""
    return (interval.ends_at or interval.begins_at) - interval.begins_at


def _person(label: str, mine: Sequence[LegInterval]) -> PersonExposure:
    overheard = [interval for interval in mine if interval.overheard]
    causes: dict[OverheardCause, float] = {}
    for interval in overheard:
        cause = interval.cause or OverheardCause.UNTIL_CORRECTED
        causes[cause] = causes.get(cause, 0.0) + seconds(interval)
    return PersonExposure(
        label,
        (overheard or mine)[-1].permitted,
        sum(
            seconds(interval) for interval in mine if interval.audience is Audience.ROOM
        ),
        causes,
    )


def _clipped(each: LegInterval, since: float, until: float) -> LegInterval | None:
    begins_at = max(since, each.begins_at)
    ends_at = until if each.ends_at is None else min(until, each.ends_at)
    if begins_at >= ends_at:
        return None
    return replace(each, begins_at=begins_at, ends_at=ends_at)


def _split(each: LegInterval, pauses: Sequence[Window]) -> Iterable[LegInterval]:
    """The parts before, in and after pauses, in order."""
    if not each.overheard or each.ends_at is None:
        yield each
        return
    begins_at, ends_at = each.begins_at, each.ends_at
    for paused_at, resumed_at in sorted(pauses):
        since, until = max(begins_at, paused_at), min(ends_at, resumed_at)
        if since < until:
            if begins_at < since:
                yield replace(each, begins_at=begins_at, ends_at=since)
            paused = OverheardCause.PAUSED
            yield replace(each, begins_at=since, ends_at=until, cause=paused)
            begins_at = until
    if begins_at < ends_at:
        yield replace(each, begins_at=begins_at, ends_at=ends_at)
