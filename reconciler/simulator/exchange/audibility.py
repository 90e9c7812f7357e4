"""Who heard whom and when, computed from the exposure log.

An exposure says that from a moment on a leg is heard by the room, by the one it
coaches, or by nobody. Here these moments become intervals that can be measured.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.audit_log import Exposure
from reconciler.simulator.exchange.records import ParticipantRecord
from reconciler.simulator.exchange.timeline import Timeline


class AudibleInterval(Struct, frozen=True):
    """A leg is heard by ``audience`` from ``begins_at`` to ``ends_at``.

    Times are Unix seconds. ``target`` is the call SID of the one whom only a
    coach's audience is, else None.
    """

    call_sid: str
    label: str | None
    conference_sid: str
    audience: Audience
    target: str | None
    begins_at: float
    ends_at: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.ends_at - self.begins_at

    def within(self, since: float, until: float) -> "AudibleInterval | None":
        """Its part between two moments, None where there is none."""
        begins_at, ends_at = max(self.begins_at, since), min(self.ends_at, until)
        if begins_at >= ends_at:
            return None
        return replace(self, begins_at=begins_at, ends_at=ends_at)


def audible_intervals(
    exposures: Iterable[Exposure], now: float
) -> tuple[AudibleInterval, ...]:
    """All intervals in which a leg is heard by anybody, in order of their begin.

    One that has not ended is given as ending ``now``.
    """
    open_since: dict[str, Exposure] = {}
    intervals: list[AudibleInterval] = []
    for exposure in exposures:
        before = open_since.pop(exposure.call_sid, None)
        if before:
            intervals.append(_interval(before, exposure.at))
        if exposure.audience is not Audience.NOBODY:
            open_since[exposure.call_sid] = exposure
    intervals += [_interval(exposure, now) for exposure in open_since.values()]
    return tuple(
        sorted(intervals, key=lambda audible_interval: audible_interval.begins_at)
    )


class Hearing(Struct, frozen=True):
    """One leg hears another from ``begins_at`` to ``ends_at``; both by call SID."""

    speaker: str
    listener: str
    begins_at: float
    ends_at: float


def hearings(
    intervals: Iterable[AudibleInterval],
    legs: Mapping[str, Timeline[ParticipantRecord]],
    now: float,
) -> tuple[Hearing, ...]:
    """Who hears whom, and when.

    A leg hears its room while it is connected, not on hold and not a ghost;
    whoever is coached hears the coach.
    """
    listening = {sid: _listening_windows(leg, now) for sid, leg in legs.items()}
    return tuple(
        Hearing(audible_interval.call_sid, listener, part.begins_at, part.ends_at)
        for audible_interval in intervals
        for listener, windows in listening.items()
        if listener != audible_interval.call_sid
        and audible_interval.target in {None, listener}
        for conference_sid, since, until in windows
        if conference_sid == audible_interval.conference_sid
        if (part := audible_interval.within(since, until))
    )


def _listening_windows(
    leg: Timeline[ParticipantRecord], now: float
) -> tuple[tuple[str, float, float], ...]:
    """Conference, begin and end of each time in which a leg hears its room."""
    states = list(leg)
    ends = [at for at, _ in states[1:]] + [now]
    windows: list[tuple[str, float, float]] = []
    for (at, state), until in zip(states, ends, strict=True):
        if not state.connected or state.hold or state.ghost:
            continue
        begins_at = at
        if windows and windows[-1][::2] == (state.conference_sid, at):
            begins_at = windows.pop()[1]
        windows.append((state.conference_sid, begins_at, until))
    return tuple(windows)


def _interval(exposure: Exposure, ends_at: float) -> AudibleInterval:
    return AudibleInterval(
        call_sid=exposure.call_sid,
        label=exposure.label,
        conference_sid=exposure.conference_sid,
        audience=exposure.audience,
        target=exposure.target,
        begins_at=exposure.at,
        ends_at=ends_at,
    )
