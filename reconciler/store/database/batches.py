"""Rooms, some at a time: databases bound the values of a statement."""

from collections.abc import Iterator, Sequence

ROOMS_AT_ONCE = 200


def batched(rooms: Sequence[str]) -> Iterator[list[str]]:
    """*rooms* in their order, at most ``ROOMS_AT_ONCE`` at a time."""
    for start in range(0, len(rooms), ROOMS_AT_ONCE):
        yield list(rooms[start : start + ROOMS_AT_ONCE])
