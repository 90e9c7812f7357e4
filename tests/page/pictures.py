"""Writes the pictures of docs/page.md: ``make pictures``."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.roster import Roster
from tests.page.chromium import chromium, visitor
from tests.page.page_desk import OPERATOR, PageDesk, page_desk, person
from tests.page.served import served

if TYPE_CHECKING:
    from playwright.async_api import Browser

WIDTHS = {360: 700, 1280: 800, 2560: 1200}
"""Widths with the heights that are shown."""

ROOM = "support-line"


async def pictures(desk: PageDesk, browser: "Browser", folder: Path) -> list[Path]:
    """The list of rooms and a room at each width; the files that were written."""
    await _furnish(desk)
    written: list[Path] = []
    async with served(desk) as url, visitor(browser) as tab:
        await tab.enter(url, OPERATOR)
        for name, path in (("rooms", "/rooms"), ("room", f"/rooms/{ROOM}")):
            await tab.page.goto(url + path)
            await tab.live()
            for width, height in WIDTHS.items():
                size = {"width": width, "height": height}
                await tab.page.set_viewport_size(size)  # type: ignore[arg-type]
                written.append(folder / f"page-{name}-{width}.png")
                await tab.page.screenshot(path=written[-1])
    return written


async def _furnish(desk: PageDesk) -> None:
    now = desk.clock()
    line = Roster(
        ROOM,
        (
            person("ann", "+15551230001", muted=False),
            person("bob", "client:bob", muted=True),
            person("cara", "sip:cara@example.com", hold=True),
            person("sup", "+15551230009", coaching="ann"),
            person("dan", "+15551230004", muted=True),
        ),
    )
    others = [
        Roster(name, (person("host"), person("guest", muted=True)))
        for name in ("board", "hearing-12", "incident-bridge", "webinar")
    ]
    crew = tuple(person(f"engineer-{n}", f"+155577700{n:02}") for n in range(5))
    bridge = Roster("war-room", crew)
    await desk.declare(line, *others, bridge)
    for member in line.members[:-1]:
        muted = {"Muted": "true"} if member.muted else {}
        desk.seat(member.label, member.to, ROOM, **muted)
    for each in others[1:]:
        for member in each.members:
            muted = {"Muted": "true"} if member.muted else {}
            desk.seat(member.label, member.to, each.room, **muted)
    for member in crew:
        desk.seat(member.label, member.to, bridge.room)
    limits = replace(bridge.limits, removals=1)
    await desk.declare(replace(bridge, members=crew[:1], limits=limits))
    override = Override(
        0, ROOM, OverrideVerb.MUTE_ALL, now, now + 1800, "ann (page)", "fire drill"
    )
    await desk.store.add_overrides([replace(override, labels=("ann",))], now)
    desk.pass_time(10)
    await desk.look()


async def _main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        async with page_desk(Path(scratch)) as desk, chromium() as browser:
            for path in await pictures(desk, browser, folder):
                sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    asyncio.run(_main(Path("docs")))
