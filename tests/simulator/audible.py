"""For how long somebody is heard."""

from collections.abc import Iterable, Sequence

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.audibility import AudibleInterval


def audible_seconds(
    intervals: Iterable[AudibleInterval],
    call_sid: str,
    *,
    windows: Sequence[tuple[float, float]],
    audience: Audience = Audience.ROOM,
) -> float:
    """How long a leg is heard by an audience within windows of time.

    ``windows`` are pairs of moments, disjoint: when the leg should not be heard.
    """
    parts = (
        each.within(since, until)
        for each in intervals
        if each.call_sid == call_sid and each.audience is audience
        for since, until in windows
    )
    return sum(part.seconds for part in parts if part)
