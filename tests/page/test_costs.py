"""What the page costs: time of the server, bytes, and nothing while nothing changes."""

import sys
import time
from types import FrameType

import httpx

from tests.page.crowds import crowd, fill
from tests.page.page_desk import VIEWER, PageDesk

ROOMS = 1000
PAGES = 20
FIRST_VIEW_SECONDS = 0.1


async def test_the_list_of_a_thousand_rooms_is_made_within_100_ms_and_once_for_all(
    desk: PageDesk,
) -> None:
    rooms = [crowd(f"room-{n:04}", 2) for n in range(ROOMS)]
    await fill(desk, *rooms)
    async with desk.client(token=VIEWER) as http:
        await http.get("/rooms")
        best = min([await _seconds(desk, http) for _ in range(5)])
        made = desk.state.rows.listings_made
        for _ in range(PAGES):
            assert (await http.get("/rooms?fragment=1")).status_code == 200
        assert desk.state.rows.listings_made == made
        desk.state.latest.tell("room-0001")
        for _ in range(PAGES):
            await http.get("/rooms?fragment=1")
        assert desk.state.rows.listings_made == made + 1
    assert best <= FIRST_VIEW_SECONDS


async def _seconds(desk: PageDesk, http: httpx.AsyncClient) -> float:
    """CPU seconds of a view after a change."""
    desk.state.latest.tell("room-0001")
    began = time.process_time()
    answer = await http.get("/rooms")
    assert answer.text.count("<tr>") > ROOMS
    return time.process_time() - began


async def test_rooms_that_rest_wake_no_page(desk: PageDesk) -> None:
    subscriptions = [desk.state.latest.subscribe() for _ in range(PAGES)]
    await fill(desk, crowd("calm", 2))
    for each in subscriptions:
        await each.take(1.0)
    version = desk.state.latest.version
    for second in range(100):
        desk.state.latest.on_unchanged("calm", desk.clock() + second)
    assert desk.state.latest.version == version
    assert await subscriptions[0].take(0.001) == ()
    entry = desk.state.latest.entry("calm")
    assert entry is not None
    assert entry.seen_at == desk.clock() + 99


MOST_CALLS_A_ROW = 60
"""Python functions that a row of the list may call when it is made."""


async def test_the_first_view_of_many_rooms_is_little_work_a_room(
    desk: PageDesk,
) -> None:
    few = await _calls_of_first_view(desk, 10)
    many = await _calls_of_first_view(desk, 500)
    assert (many - few) / 490 < MOST_CALLS_A_ROW


async def _calls_of_first_view(desk: PageDesk, rooms: int) -> int:
    """How many Python functions the event loop's thread calls for it."""
    await fill(desk, *[crowd(f"{rooms}-{n:04}", 2) for n in range(rooms)])
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    async with desk.client(token=VIEWER) as http:
        sys.setprofile(count)
        try:
            await http.get("/rooms")
        finally:
            sys.setprofile(None)
    return calls
