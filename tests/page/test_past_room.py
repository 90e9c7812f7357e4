"""Going back in time: a room as it was at an earlier moment."""

import re
from html import unescape

import httpx
import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.event import Event
from reconciler.model.recorded_observation import Audience, ObservedRoom
from reconciler.store.queries.operator_decision import Decision
from tests.page.page_desk import LINE, ROOM, START, VIEWER, PageDesk
from tests.page.recorded import CONFERENCE, leg, record

ANN, BOB = leg("ann"), leg("bob", muted=True)
LOUD = replace(leg("bob"), permitted=Audience.NOBODY)


async def lived(desk: PageDesk) -> None:
    """From START: ann, 10 s later bob too, at 20 s bob unmuted, at 30 s all gone."""
    looks = ((0.0, (ANN,)), (10.0, (ANN, BOB)), (20.0, (ANN, LOUD)), (30.0, ()))
    for after, legs in looks:
        now = START + after
        room = ObservedRoom(ROOM, now, 1, CONFERENCE, legs, previous_at=now - 1)
        await record(desk, room)
    desk.clock.now = START + 100


async def at(http: httpx.AsyncClient, seconds: float) -> str:
    answer = await http.get(f"/rooms/{ROOM}", params={"at": f"{START + seconds:.3f}"})
    assert answer.status_code == 200
    return answer.text


def rows(text: str) -> dict[str, list[str]]:
    """The table of people: desired, observed, overheard."""
    table = text.partition('<table class="people cards">')[2].partition("</table>")[0]
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL)
    return {
        re.sub("<[^>]+>", "", name): re.findall("<td[^>]*>(.*?)</td>", cells)
        for name, cells in found
    }


async def test_the_room_is_shown_as_it_was_recorded_then(desk: PageDesk) -> None:
    await lived(desk)
    async with desk.client(token=VIEWER) as http:
        early, later, loud, empty = [
            rows(await at(http, seconds)) for seconds in (5.0, 15.0, 25.0, 35.0)
        ]
    assert early["ann"] == ["not muted", "not muted", ""]
    assert early["bob"] == ["muted", "not in the room", ""]
    assert later["bob"] == ["muted", "muted", ""]
    assert loud["bob"] == ["muted", "not muted", "until-corrected"]
    assert {observed for _, observed, _ in empty.values()} == {"not in the room"}


async def test_who_heard_whom_is_drawn_as_it_was(desk: PageDesk) -> None:
    await lived(desk)
    async with desk.client(token=VIEWER) as http:
        silent, loud = await at(http, 15.0), await at(http, 25.0)
    assert "Heard by the room: ann." in silent
    assert "Heard by the room: ann, bob." in loud
    assert 'role="img"' in silent


async def test_somebody_whom_the_roster_did_not_name_is_shown_as_such(
    desk: PageDesk,
) -> None:
    legs = (leg("<i>x", listed=False),)
    await record(desk, ObservedRoom(ROOM, START, 1, CONFERENCE, legs))
    desk.clock.now = START + 100
    async with desk.client(token=VIEWER) as http:
        text = await at(http, 50.0)
    assert "&lt;i&gt;x <small>not in the roster</small>" in text
    assert "<i>x" not in text


async def test_the_roster_is_that_which_counted_then(desk: PageDesk) -> None:
    desk.clock.now = START + 50
    await desk.declare(replace(LINE, members=LINE.members[:1]))
    desk.clock.now = START + 100
    async with desk.client(token=VIEWER) as http:
        before, after = await at(http, 20.0), await at(http, 60.0)
        first = await at(http, -60.0)
    assert set(rows(before)) == {"ann", "bob", "sup"}
    assert "Generation 1" in before
    assert set(rows(after)) == {"ann"}
    assert "Generation 2" in after
    assert "No roster of that time is on record." in first


@pytest.mark.parametrize(
    ("seconds", "standing"),
    [(5.0, ""), (15.0, ", paused"), (25.0, ""), (35.0, ", released")],
)
async def test_what_had_been_decided_is_shown_as_it_counted_then(
    desk: PageDesk, seconds: float, standing: str
) -> None:
    decided = (
        (10.0, Standing.PAUSED, START + 20),
        (30.0, Standing.RELEASED, None),
        (50.0, Standing.MANAGED, None),
    )
    for after, what, until in decided:
        now = START + after
        await desk.store.stand(Decision(ROOM, now, "eve"), what, until=until)
    desk.clock.now = START + 100
    async with desk.client(token=VIEWER) as http:
        text = await at(http, seconds)
    assert f"0 people in the room{standing}." in text


async def test_the_timeline_goes_back_and_forth_event_by_event(
    desk: PageDesk,
) -> None:
    await desk.store.stand(Decision(ROOM, START + 50.25, "eve"), Standing.PAUSED)
    await desk.store.stand(Decision(ROOM, START + 80.75, "eve"), Standing.MANAGED)
    desk.clock.now = START + 100
    async with desk.client(token=VIEWER) as http:
        now = (await http.get(f"/rooms/{ROOM}")).text
        resumed = (await http.get(link(now, "Later|Earlier"))).text
        paused = (await http.get(link(resumed, "Earlier"))).text
        again = (await http.get(link(paused, "Later"))).text
        back = (await http.get(link(again, "Now"))).text
    assert "room.resumed" in now
    assert "room.resumed" in resumed
    assert "room.resumed" not in paused
    assert "room.paused" in paused
    assert "room.resumed" in again
    assert 'id="live"' in back


MOMENTS = (
    START + 0.598_123_4,
    START + 0.598_123_9,
    START + 0.598_4,
    START + 0.598_4,
    START + 7.25,
    START + 30.0,
    START + 3 * 86_400 + 1 / 3,
)


async def happened(desk: PageDesk) -> list[float]:
    """Events at MOMENTS and, more than a day before the last of them, an exposure."""
    events = tuple(
        Event(ROOM, at, "room.seen", f"number {n}") for n, at in enumerate(MOMENTS)
    )
    lease = await desk.store.acquire(ROOM, "x", START, 60.0)
    await desk.store.note(lease, Notes(events=events), START)
    await desk.store.release(lease)
    for after, legs in ((15.0, (replace(LOUD, since=START + 15),)), (16.0, ())):
        room = ObservedRoom(ROOM, START + after, 1, CONFERENCE, legs)
        await record(desk, room)
    desk.clock.now = START + 4 * 86_400
    every = await desk.store.events(ROOM, limit=1000)
    return sorted({x.at for x in every} | {START + 15.0})


async def walk(http: httpx.AsyncClient, text: str, word: str) -> list[str]:
    """The links named *word*, one after the other, until there is none."""
    found: list[str] = []
    while address := next(iter(re.findall(link_named(word), text)), None):
        found.append(unescape(address))
        assert len(found) < 100, "the walk does not end"
        text = (await http.get(found[-1])).text
    return found


async def test_earlier_reaches_the_first_moment_and_later_walks_back(
    desk: PageDesk,
) -> None:
    moments = await happened(desk)
    async with desk.client(token=VIEWER) as http:
        now = (await http.get(f"/rooms/{ROOM}")).text
        back = await walk(http, now, "Earlier")
        first = (await http.get(back[-1])).text
        forth = await walk(http, first, "Later")
    assert [float(x.partition("at=")[2]) for x in back] == moments[::-1]
    assert forth == back[-2::-1]


async def test_each_entry_of_the_timeline_leads_to_its_own_moment(
    desk: PageDesk,
) -> None:
    await happened(desk)
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
        entries = re.findall(r'<li class="room"><a href="([^"]+)".*number (\d)', text)
        for address, number in entries:
            then = (await http.get(unescape(address))).text
            shown = {int(x) for x in re.findall(r"number (\d)", then)}
            moment = MOMENTS[int(number)]
            assert shown == {n for n, x in enumerate(MOMENTS) if x <= moment}
    assert len(entries) == len(MOMENTS)


def link_named(word: str) -> str:
    return rf'href="([^"]+)"[^>]*>(?:{word}) <kbd>'


def link(text: str, word: str) -> str:
    found = re.search(link_named(word), text)
    assert found is not None
    return unescape(found[1])


async def test_the_past_is_not_live_and_nothing_is_decided_in_it(
    desk: PageDesk,
) -> None:
    await lived(desk)
    async with desk.browser() as http:
        text = await at(http, 15.0)
    assert 'id="live"' not in text
    assert "/do/" not in text
    assert "not as it is now" in text


@pytest.mark.parametrize(
    "moment", ["tomorrow", "1e9", "-5", "١٢", "9" * 30, str(int(START + 200)), ""]
)
async def test_a_moment_that_is_none_or_to_come_shows_the_room_as_it_is(
    desk: PageDesk, moment: str
) -> None:
    async with desk.client(token=VIEWER) as http:
        answer = await http.get(f"/rooms/{ROOM}", params={"at": moment})
    assert answer.status_code == 200
    assert 'id="live"' in answer.text
