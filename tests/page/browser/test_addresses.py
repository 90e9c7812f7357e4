"""The rooms whose names are hard to write in an address, as a browser opens them."""

from typing import TYPE_CHECKING

import pytest

from tests.page.chromium import visitor
from tests.page.page_desk import OPERATOR, PageDesk
from tests.page.served import served
from tests.page.test_room_addresses import declare

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_a_browser_opens_every_room_and_stays_live_in_it(
    desk: PageDesk, browser: "Browser"
) -> None:
    await declare(desk)
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR)
        for name in (".", "..", "x/do/pause", "x/", "x\\y", "%2e%2e"):
            await tab.page.goto(f"{url}/rooms")
            await tab.page.get_by_role("link", name=name, exact=True).click()
            await tab.page.wait_for_selector("#live")
            assert await tab.page.text_content("h1") == name
