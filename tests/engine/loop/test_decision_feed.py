"""All rooms are listed for those that nobody marked, and not more often than that pays."""

import pytest

from reconciler.engine.loop.decision_feed import ROOMS_SECONDS, DecisionFeed
from reconciler.model.errors import StoreError
from tests.engine.world import Records


class Many(Records):
    """A store with so many rooms, which counts who lists them."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.names = tuple(f"room-{number:05d}" for number in range(count))
        self.listed = 0

    async def rooms(self) -> tuple[str, ...]:
        self._here()
        self.listed += 1
        return self.names


@pytest.mark.parametrize(
    ("rooms", "seconds"), [(0, ROOMS_SECONDS), (10_000, ROOMS_SECONDS), (50_000, 25.0)]
)
async def test_names_of_many_rooms_are_read_as_seldom_as_they_are_many(
    rooms: int, seconds: float
) -> None:
    store = Many(rooms)
    feed = DecisionFeed(store)
    assert await feed.rooms(100.0, at_once=False) == store.names
    assert await feed.rooms(99.9 + seconds, at_once=False) is None
    assert await feed.rooms(100.0 + seconds, at_once=False) == store.names
    assert store.listed == 2


async def test_a_list_that_was_wanted_at_once_and_failed_is_made_the_next_time() -> (
    None
):
    store = Many(50_000)
    feed = DecisionFeed(store)
    await feed.rooms(100.0, at_once=False)
    store.away = True
    with pytest.raises(StoreError):
        await feed.rooms(100.5, at_once=True)
    store.away = False
    assert await feed.rooms(101.5, at_once=False) == store.names
    assert await feed.rooms(102.5, at_once=False) is None


async def test_a_room_that_nobody_knows_has_them_listed_at_once() -> None:
    feed = DecisionFeed(Many(50_000))
    await feed.rooms(100.0, at_once=False)
    assert await feed.rooms(100.5, at_once=True)
