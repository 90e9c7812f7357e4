"""Every name of a room has an address of its own, whatever is written in it."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.desired_room import Standing
from reconciler.model.roster import Roster
from reconciler.page.room_segment import room_of, room_segment
from tests.page.decision_forms import desired, sent
from tests.page.page_desk import SAME, VIEWER, PageDesk, person

NAMES = (
    "x",
    "x/do/pause",
    "x/do/explode",
    "x/do",
    "x/",
    "/x",
    "x//",
    "x/timeline",
    "x/at",
    "x/stream",
    "x%2F",
    "x%2Fdo%2Fpause",
    "x~2Fdo",
    "x~",
    "x?at=1",
    "x#y",
    "x\\y",
    "x y;z&a=b",
    "x\u00e9\u65e5",
    ".",
    "..",
    "...",
    "../account",
    "%2e%2e",
)


async def declare(desk: PageDesk) -> None:
    await desk.declare(*(Roster(name, (person("ann"),)) for name in NAMES))


def links(text: str) -> dict[str, str]:
    """The address of each room in the list of rooms."""
    found = re.findall(r'<th scope="row"><a href="([^"]+)">(.*?)</a>', text)
    return {unescape(name): unescape(address) for address, name in found}


def heading(text: str) -> str:
    return unescape(text.partition("<h1>")[2].partition("</h1>")[0])


async def test_a_viewer_reaches_every_room_from_the_list(desk: PageDesk) -> None:
    await declare(desk)
    async with desk.client(token=VIEWER) as http:
        found = links((await http.get("/rooms")).text)
        assert set(NAMES) <= found.keys()
        pages = {name: await http.get(found[name]) for name in NAMES}
    assert {x.status_code for x in pages.values()} == {200}
    assert {name: heading(x.text) for name, x in pages.items()} == {
        name: name for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
async def test_a_decision_is_about_the_room_whose_page_led_to_it(
    desk: PageDesk, name: str
) -> None:
    await declare(desk)
    async with desk.browser() as http:
        page = (await http.get(links((await http.get("/rooms")).text)[name])).text
        pause = re.search(r'href="([^"]+)"[^>]*>Pause', page)
        assert pause is not None
        address = unescape(pause[1])
        plan = await http.get(f"{address}?plan=1")
        assert heading(plan.text) == f"Pause: {name}"
        done = await http.post(address, data=sent(plan.text), headers=SAME)
        assert done.status_code == 303
        assert heading((await http.get(done.headers["location"])).text) == name
    standings = {x: (await desired(desk, x)).standing for x in NAMES}
    assert [x for x in NAMES if standings[x] is Standing.PAUSED] == [name]


@pytest.mark.parametrize(
    ("written", "leads_to"),
    [
        ("/rooms/x%2Ftimeline?fragment=1", "/rooms/x~2Ftimeline?fragment=1"),
        ("/rooms/x/", "/rooms/x~2F"),
        ("/rooms//x", "/rooms/~2Fx"),
        ("/rooms/", "/rooms"),
    ],
)
async def test_addresses_with_slashes_in_the_name_lead_to_the_room(
    desk: PageDesk, written: str, leads_to: str
) -> None:
    async with desk.client(token=VIEWER) as http:
        answer = await http.get(written)
    assert (answer.status_code, answer.headers["location"]) == (308, leads_to)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_segment_is_reversible_and_nothing_in_it_is_normalized(room: str) -> None:
    segment = room_segment(room)
    assert room_of(segment) == room
    assert re.fullmatch("[A-Za-z0-9_.~-]+", segment)
    assert segment.strip(".")
