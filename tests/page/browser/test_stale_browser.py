"""Views that do not come, tabs in the background, and rooms that rest."""

from typing import TYPE_CHECKING

import pytest

from tests.page.chromium import Visitor, visitor, visitor_apart
from tests.page.page_desk import OPERATOR, PHONE, ROOM, PageDesk
from tests.page.served import served

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def ann_joins(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    await desk.look()


async def ann_is_shown(tab: Visitor) -> None:
    row = tab.page.locator("table.people tr", has_text="ann").first
    await row.get_by_text("connected").wait_for()


@pytest.mark.parametrize("status", [0, 429, 503])
async def test_a_view_that_does_not_come_is_said_and_asked_for_again(
    desk: PageDesk, browser: "Browser", status: int
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
        await tab.live()
        fragments = f"{url}/rooms/{ROOM}?fragment=1"
        if status:
            answer = {"status": status, "body": "later\n"}
            await tab.page.route(fragments, lambda x: x.fulfill(**answer))
        else:
            await tab.page.route(fragments, lambda x: x.abort())
        await ann_joins(desk)
        await tab.page.wait_for_selector("#connection[data-state=stale]")
        assert not await tab.page.locator("#live", has_text="later").count()
        await tab.page.unroute(fragments)
        await ann_is_shown(tab)
        await tab.live()


async def test_a_tab_in_the_background_asks_for_nothing_until_it_is_shown(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
        await tab.live()
        other = Visitor(await tab.page.context.new_page())
        await other.page.goto(f"{url}/rooms/{ROOM}")
        await other.live()
        await tab.page.evaluate(HIDE, True)
        tab.requests.clear()
        await ann_joins(desk)
        await ann_is_shown(other)
        assert tab.requests == []
        await tab.page.evaluate(HIDE, False)
        await ann_is_shown(tab)


async def test_a_room_in_which_nothing_changes_says_when_it_was_read_last(
    desk: PageDesk, browser: "Browser"
) -> None:
    await ann_joins(desk)
    async with served(desk) as url, visitor_apart(browser) as tab:
        await tab.page.clock.install()
        await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
        await tab.live()
        seen = tab.page.locator("time[data-seen]")
        before = float(await seen.get_attribute("data-since") or 0)
        desk.state.latest.on_unchanged(ROOM, before + 30)
        await tab.advance(16)
        await tab.page.wait_for_selector(f"time[data-since='{before + 30:.0f}']")
    assert tab.complaints == []


async def test_who_signs_in_as_somebody_else_stays_live(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR, f"/rooms/{ROOM}")
        await tab.live()
        await tab.sign_in(url, OPERATOR, f"/rooms/{ROOM}")
        await tab.live()
        await ann_joins(desk)
        await ann_is_shown(tab)
        await tab.live()
