"""Decisions by keyboard alone, on a narrow screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from reconciler.planning.override import words_of
from tests.page.chromium import Visitor, visitor
from tests.page.decision_forms import crowded
from tests.page.keyboard import focused, tab_to
from tests.page.page_desk import OPERATOR, PHONE, ROOM, PageDesk
from tests.page.served import served

if TYPE_CHECKING:
    from playwright.async_api import Browser, ViewportSize

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

NARROW: "ViewportSize" = {"width": 360, "height": 740}


async def test_a_room_is_paused_and_resumed_by_keyboard_alone(
    desk: PageDesk, browser: "Browser"
) -> None:
    async with served(desk) as url, visitor(browser) as tab:
        await tab.sign_in(url, OPERATOR)
        page = tab.page
        await page.keyboard.press("/")
        assert await focused(tab) == "q"
        await page.keyboard.type(ROOM)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/rooms?q=line*")
        await tab_to(tab, ROOM)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/rooms/{ROOM}")
        await page.keyboard.press("p")
        await page.wait_for_url(f"**/rooms/{ROOM}/do/pause")
        await tab_to(tab, "Show the plan")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=no changes are made")
        await tab_to(tab, "Carry out")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Paused line")
        await tab_to(tab, "Undo")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=changes are made again")
        await tab_to(tab, "Carry out")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=Resumed line")
    kinds = [kind for kind, _, _ in await desk.messages()]
    assert kinds[-2:] == ["room.paused", "room.resumed"]


async def decide(
    tab: Visitor, key: str, room: str = ROOM, chosen: Sequence[str] = ()
) -> None:
    """Press *key* on the page of *room*, choose members, read the plan, confirm it."""
    keyboard = tab.page.keyboard
    await tab.page.goto(tab.page.url.partition("/rooms")[0] + f"/rooms/{room}")
    await keyboard.press(key)
    await tab.page.wait_for_url(f"**/rooms/{room}/do/*")
    for label in chosen:
        await tab_to(tab, label)
        await keyboard.press("Space")
    await tab_to(tab, "Show the plan")
    await keyboard.press("Enter")
    await tab.page.wait_for_selector("#plan-h")
    await tab_to(tab, "Carry out")
    await keyboard.press("Enter")
    await tab.page.wait_for_selector("p.notice")


async def test_each_decision_is_made_by_keyboard_alone(
    desk: PageDesk, browser: "Browser"
) -> None:
    await crowded(desk)
    desk.seat("ann", PHONE)
    async with (
        served(desk) as url,
        visitor(browser, viewport=NARROW) as tab,
    ):
        await tab.enter(url, OPERATOR)
        await decide(tab, "a", "crowd")
        await decide(tab, "d", chosen=["bob"])
        await decide(tab, "x", chosen=["bob"])
        await decide(tab, "o", chosen=["ann", "bob"])
        await decide(tab, "m")
        await decide(tab, "b")
        await decide(tab, "e")
    made = (await desk.store.overrides([ROOM], desk.clock()))[ROOM]
    assert [words_of(each) for each in made] == [
        "mute-all except bob",
        "only ann, bob",
        "mode normal",
        "end",
    ]
    kinds = [kind for kind, _, _ in await desk.messages()]
    assert "redial" in " ".join(kinds)
    crowd = [kind for kind, _, _ in await desk.messages("crowd")]
    assert "room.approved" in crowd
