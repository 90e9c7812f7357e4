"""Events of legs are kept once, whoever brings them."""

from msgspec.structs import replace

from reconciler.engine.room.leg_event_buffer import LegEventBuffer
from reconciler.model.recorded_observation import LegEvent

LEFT = LegEvent(
    "CF1", "CA1", 3, 100.0, 100.5, muted=False, hold=False, coaching=False, left=True
)


def test_an_event_that_a_webhook_and_event_streams_bring_is_one() -> None:
    """A second leave of the same leg would contradict the first."""
    buffer = LegEventBuffer()
    buffer.add("alpha", LEFT)
    buffer.add("alpha", replace(LEFT, by=101.0))
    assert buffer.since("alpha", None) == (LEFT,)


def test_events_of_other_numbers_legs_and_conferences_are_others() -> None:
    buffer = LegEventBuffer()
    others = (
        replace(LEFT, sequence=4),
        replace(LEFT, call_sid="CA2"),
        replace(LEFT, conference_sid="CF2"),
    )
    for each in (LEFT, *others):
        buffer.add("alpha", each)
    assert buffer.since("alpha", 99.0) == (LEFT, *others)


def test_a_late_event_of_before_the_last_look_is_dropped() -> None:
    buffer = LegEventBuffer()
    buffer.add("alpha", LEFT)
    assert buffer.since("alpha", 200.0) == ()


def test_events_are_kept_until_they_are_discarded() -> None:
    buffer = LegEventBuffer()
    for each in (LEFT, replace(LEFT, sequence=4, by=200.0)):
        buffer.add("alpha", each)
    buffer.discard("alpha", 150.0)
    assert [each.sequence for each in buffer.since("alpha", None)] == [4]
