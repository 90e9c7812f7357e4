"""The page in a real browser: widths, colors, keyboard, accessibility, size."""

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.errors import Problem, RefusedFile
from reconciler.model.load_result import FileReport
from reconciler.model.recorded_observation import ObservedRoom
from reconciler.model.roster import Roster
from reconciler.store.queries.operator_decision import Decision
from tests.page.chromium import AXE, Visitor, visitor, visitor_apart
from tests.page.crowds import crowd, fill
from tests.page.keyboard import focused
from tests.page.page_desk import (
    LINE,
    OPERATOR,
    PHONE,
    ROOM,
    START,
    PageDesk,
    person,
)
from tests.page.recorded import CONFERENCE, leg, record
from tests.page.served import served

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

WIDTHS = (360, 1280, 2560)
PATHS = (
    "/rooms",
    f"/rooms/{ROOM}",
    f"/rooms/{ROOM}?at={int(START) + 1}",
    "/rooms/none",
    "/account",
    "/files",
    f"/rooms/{ROOM}/do/set?plan=1&label=ann&muted=true",
    f"/rooms/{ROOM}/do/set",
    f"/rooms/{ROOM}/do/mute-all?plan=1&label=ann",
    f"/rooms/{ROOM}/do/only",
    f"/rooms/{ROOM}/do/approve",
    f"/rooms/{ROOM}/do/redial",
    f"/rooms/{ROOM}/do/resolve",
    f"/rooms/{ROOM}/do/pause?plan=1",
    f"/rooms/{ROOM}/do/mode",
    f"/rooms/{ROOM}/do/end?plan=1",
    "/rooms/crowd/do/approve?plan=1",
    "/rooms/crowd",
)


async def furnish(desk: PageDesk) -> None:
    """A bit of everything: people, strangers, withheld, overrides, bad files."""
    now = desk.clock()
    legs = (leg("ann"), leg("sup"))
    await record(desk, ObservedRoom(ROOM, now, 1, CONFERENCE, legs))
    for member in LINE.members:
        desk.seat(member.label, member.to)
    desk.exchange.dial_in("+15559990001", ROOM)
    desk.pass_time(2)
    members = [person(f"p{n}", f"+155577700{n:02}") for n in range(5)]
    full = Roster("crowd", tuple(members), limits=replace(LINE.limits, removals=1))
    await desk.declare(full)
    for member in full.members:
        desk.seat(member.label, member.to, "crowd")
    await desk.declare(replace(full, members=full.members[:1]))
    override = Override(
        0, ROOM, OverrideVerb.MUTE_ALL, now, now + 900, "eve (page)", "fire drill"
    )
    await desk.store.add_overrides([override], now)
    problem = Problem("desired/bad.yaml", 7, 9, "unknown key", hint="did you mean to")
    bad = RefusedFile("desired/bad.yaml", "/x/bad.yaml", (ROOM,), (problem,))
    report = FileReport(files=("/x/bad.yaml",), refused=(bad,))
    await desk.store.load([], folder=None, now=now, cause="test", report=report)
    desk.pass_time(10)
    await desk.look()


async def test_every_view_is_accessible_at_every_width_and_stays_on_its_host(
    desk: PageDesk, browser: "Browser"
) -> None:
    await furnish(desk)
    found: list[str] = []
    async with served(desk) as url, visitor(browser) as tab:
        await tab.page.add_init_script(AXE)
        await tab.page.goto(f"{url}/sign-in")
        found += [f"sign-in {x}" for x in await violations(tab)]
        await tab.sign_in(url, OPERATOR)
        for path in PATHS:
            await tab.page.goto(url + path)
            for width in WIDTHS:
                await tab.page.set_viewport_size({"width": width, "height": 900})
                if await tab.wide():
                    found.append(f"{path} scrolls sideways at {width}")
            found += [f"{path} {x}" for x in await violations(tab)]
        missing = [x for x in tab.complaints if "404" not in x]
    assert found == []
    assert missing == []
    assert {x for x in tab.requests if not x.startswith(url)} == set()


async def violations(tab: Visitor) -> list[str]:
    """Those of all rules, and in the dark scheme, which changes colors alone, of color."""
    await tab.page.emulate_media(color_scheme="light")
    light = await tab.violations()
    await tab.page.emulate_media(color_scheme="dark")
    return light + [f"dark: {x}" for x in await tab.violations("cat.color")]


async def test_reduced_motion_moves_nothing(desk: PageDesk, browser: "Browser") -> None:
    await furnish(desk)
    script = "getComputedStyle(document.querySelector('tr.differs')).animationName"
    async with served(desk) as url:
        async with visitor(browser) as tab:
            await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
            assert await tab.page.evaluate(script) == "none"
        async with visitor(browser) as tab:
            await tab.page.emulate_media(reduced_motion="no-preference")
            await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
            assert await tab.page.evaluate(script) == "seen"


async def test_the_page_is_read_without_scripts(
    desk: PageDesk, browser: "Browser"
) -> None:
    await furnish(desk)
    async with (
        served(desk) as url,
        visitor_apart(browser, java_script_enabled=False) as tab,
    ):
        await tab.sign_in(url, OPERATOR, f"/rooms/{ROOM}")
        text = await tab.page.inner_text("main")
        shown = await tab.page.inner_text("#connection")
    assert "mute-all" in text
    assert "reload to see changes" in shown


async def test_a_thousand_rooms_are_shown_searched_and_kept_live(
    desk: PageDesk,
    browser: "Browser",
) -> None:
    rooms = [crowd(f"room-{n:04}", 2) for n in range(1000)]
    await fill(desk, *rooms)
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR)
        await tab.live()
        rows = tab.page.locator("table.rooms tbody tr")
        assert await rows.count() == 1001
        await desk.declare(replace(rooms[7], members=crowd("x", 3).members))
        await fill(desk, replace(rooms[7], members=crowd("x", 3).members))
        cell = tab.page.locator("tr", has_text="room-0007").locator("td").nth(1)
        await cell.get_by_text("of 3").wait_for()
        await tab.page.fill("input[name=q]", "room-0999")
        await tab.page.press("input[name=q]", "Enter")
        await tab.page.wait_for_selector("text=1 of 1001 rooms")
    assert tab.complaints == []


async def test_a_room_of_250_is_shown_and_kept_live(
    desk: PageDesk, browser: "Browser"
) -> None:
    big = crowd("big", 250)
    await fill(desk, big)
    async with (
        served(desk) as url,
        visitor(browser, viewport={"width": 360, "height": 800}) as tab,
    ):
        await tab.enter(url, OPERATOR, "/rooms/big")
        await tab.live()
        assert await tab.page.locator("table.people tbody tr").count() == 250
        assert await tab.page.locator("svg.graph").count() == 0
        assert not await tab.wide()
        await fill(desk, replace(big, members=big.members[:249]))
        gone = tab.page.locator("table.people tr", has_text="person-249")
        await gone.wait_for(state="detached")
    assert tab.complaints == []


async def test_the_tabs_of_a_browser_share_one_stream(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR)
        others = [await tab.page.context.new_page() for _ in range(7)]
        for each in others:
            await each.goto(f"{url}/rooms/{ROOM}")
            await each.wait_for_selector("#connection[data-state=live]")
        assert desk.state.latest.subscribers == 1
        desk.seat("ann", PHONE)
        await desk.look()
        for each in others:
            row = each.locator("table.people tr", has_text="ann").first
            await row.get_by_text("connected").wait_for()


async def test_what_a_person_types_stays_while_the_page_is_refreshed(
    desk: PageDesk,
    browser: "Browser",
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR)
        await tab.live()
        await tab.page.type("input[name=q]", "lin")
        await desk.declare(Roster("fresh", (person("eve"),)))
        await desk.look()
        await tab.page.wait_for_selector("text=fresh")
        assert await tab.page.input_value("input[name=q]") == "lin"
        assert await focused(tab) == "q"


async def test_signing_out_in_one_tab_is_said_in_the_others(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR)
        other = await tab.page.context.new_page()
        await other.goto(f"{url}/rooms/{ROOM}")
        await other.wait_for_selector("#connection[data-state=live]")
        await tab.page.click("text=Sign out")
        await other.wait_for_selector("#connection[data-state=signed-out]")


async def test_a_daemon_that_restarts_under_an_open_page_is_said(
    desk: PageDesk,
    browser: "Browser",
) -> None:
    async with visitor(browser) as tab:
        async with served(desk) as url:
            await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
            await tab.live()
        await tab.page.wait_for_selector("#connection[data-state=lost]")
        port = int(url.rpartition(":")[2])
        desk.seat("ann", PHONE)
        await desk.look()
        async with served(desk, port):
            await tab.live()
            row = tab.page.locator("table.people tr", has_text="ann").first
            await row.get_by_text("connected").wait_for()


async def test_a_restart_that_forgot_the_session_is_said(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with visitor(browser) as tab:
        async with served(desk) as url:
            await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
            await tab.live()
        await tab.page.wait_for_selector("#connection[data-state=lost]")
        desk.state.sessions = type(desk.state.sessions)(desk.clock)
        async with served(desk, int(url.rpartition(":")[2])):
            await tab.page.wait_for_selector("#connection[data-state=signed-out]")
            await tab.page.reload()
            await tab.page.wait_for_selector("input[name=token]")


async def test_a_room_that_vanishes_under_an_open_page_is_said(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
        await tab.live()
        await desk.store.stand(Decision(ROOM, desk.clock(), "x"), Standing.RELEASED)
        await desk.store.forget(Decision(ROOM, desk.clock(), "x"))
        desk.state.latest.tell(ROOM)
        await tab.page.wait_for_selector("text=This room is not on record")


async def test_a_room_that_is_loaded_appears_on_its_open_page(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR, "/rooms/later")
        await tab.live()
        await tab.page.wait_for_selector("text=This room is not on record")
        await desk.declare(Roster("later", (person("ann"),)))
        await desk.look("later")
        await tab.page.wait_for_selector("text=Generation 1")
        assert await tab.page.inner_text("h1") == "later"
        assert not await tab.page.query_selector("text=not on record")
