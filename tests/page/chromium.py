"""A real browser: Debian's Chromium, driven by Playwright."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Request, ViewportSize

SHELL = "chromium-headless-shell"
"""Chromium without windows: it takes half the time."""
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
PATIENCE_MS = 60_000


def executable() -> str:
    """The browser's path; the test fails with how to install one."""
    given = os.environ.get("CHROMIUM")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None or not Path(found).exists():
        pytest.fail(
            f"No Chromium. Install it: apt-get install --no-install-recommends {SHELL}; "
            "or name one: CHROMIUM=/path/to/chrome",
            pytrace=False,
        )
    return found


@dataclass
class Visitor:
    """A tab, with all that it asked for and complained of.

    ``unanswered`` are the requests of its scripts that are under way.
    """

    page: "Page"
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    unanswered: "set[Request]" = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", self._asked)
        self.page.on("requestfinished", self._answered)
        self.page.on("requestfailed", self._answered)
        self.page.on("pageerror", lambda each: self.complaints.append(str(each)))
        self.page.on("console", self._note)

    def _asked(self, request: "Request") -> None:
        self.requests.append(request.url)
        if request.resource_type == "fetch":
            self.unanswered.add(request)

    def _answered(self, request: "Request") -> None:
        self.unanswered.discard(request)

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    async def enter(self, url: str, token: str, path: str = "/rooms") -> None:
        """Open *path* as somebody who has signed in, without the form."""
        answer = await self.page.request.post(
            f"{url}/sign-in",
            form={"token": token},
            headers={"Origin": url},
            max_redirects=0,
        )
        assert answer.status == 303
        await self.page.goto(url + path)

    async def sign_in(self, url: str, token: str, path: str = "/rooms") -> None:
        """The same by the form, as a person does."""
        await self.page.goto(f"{url}/sign-in?next={path}")
        await self.page.fill("input[name=token]", token)
        await self.page.press("input[name=token]", "Enter")
        await self.page.wait_for_selector(".who")

    async def advance(self, seconds: int) -> None:
        """Let time pass on the page's clock, but none while it waits for an answer.

        ``page.clock`` is installed. Answers take as long as they take on this machine,
        and would come too late by a clock that runs ahead.
        """
        for _ in range(seconds):
            while self.unanswered:  # noqa: ASYNC110 - the browser tells nobody
                await asyncio.sleep(0.01)
            await self.page.clock.run_for(1000)

    async def violations(self, only: str | None = None) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA and its best practices.

        AXE is an initial script of the page. ``only`` names the tag of some of its
        rules: ``cat.color`` for colors.
        """
        options = {"resultTypes": ["violations"], **({"runOnly": only} if only else {})}
        script = "async options => (await axe.run(options)).violations"
        return [
            f"{each['id']}: {each['help']}: {json.dumps(node['target'])}"
            for each in await self.page.evaluate(script, options)
            for node in each["nodes"]
        ]

    async def wide(self) -> bool:
        """Whether the page scrolls sideways."""
        script = "document.documentElement.scrollWidth > innerWidth"
        return bool(await self.page.evaluate(script))

    async def live(self) -> None:
        await self.page.wait_for_selector("#connection[data-state=live]")


@asynccontextmanager
async def chromium() -> "AsyncIterator[Browser]":
    """A browser, whose first context is that of all visitors."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - it takes long, and few workers need it

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(), args=["--no-sandbox"], timeout=2 * PATIENCE_MS
        )
        try:
            await browser.new_context(reduced_motion="reduce")
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visitor(
    browser: "Browser", viewport: "ViewportSize | None" = None
) -> AsyncIterator[Visitor]:
    """A tab of somebody who is signed out; it and those opened beside it are closed.

    Only cookies outlive a tab, as each page has a port of its own and stores nothing:
    a context for each visitor would take as long as ten pages do.
    """
    context = browser.contexts[0]
    await context.clear_cookies()
    page = await context.new_page()
    try:
        if viewport:
            await page.set_viewport_size(viewport)
        yield Visitor(page)
    finally:
        for each in context.pages:
            await each.close()


@asynccontextmanager
async def visitor_apart(browser: "Browser", **options: Any) -> AsyncIterator[Visitor]:
    """A tab in a context of its own, whose *options* no other tab is to have."""
    context = await browser.new_context(**{"reduced_motion": "reduce", **options})
    try:
        yield Visitor(await context.new_page())
    finally:
        await context.close()
        await asyncio.sleep(0)
