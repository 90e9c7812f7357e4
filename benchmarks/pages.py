"""Browsers with the operators' page open, as far as the daemon sees them.

Each keeps the event stream open and asks again for what it shows when a message
concerns it, as often as the page's script does.
"""

import asyncio
import json
import re
from dataclasses import dataclass, field

import httpx

from benchmarks.worker import AsyncCommand, Result, obey_async

LIST_SECONDS, ROOM_SECONDS = 1.0, 0.05
"""Seconds after a view until it is asked for again: of the list, and of a room."""

SEEN_SECONDS = 15.0
"""Seconds after which a room's page asks again when the room was observed."""

OPEN_SECONDS = 300.0

_ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')


@dataclass(slots=True)
class Tab:
    """An open page: of ``room``, or of the list for ""."""

    http: httpx.AsyncClient
    room: str = ""
    views: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    _due: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def path(self) -> str:
        """The page."""
        return f"/rooms/{self.room}" if self.room else "/rooms"

    async def listen(self) -> None:
        """Take messages until cancelled."""
        async with self.http.stream("GET", "/stream", timeout=None) as stream:
            async for line in stream.aiter_lines():
                self.opened.set()
                if line.startswith("data:") and self._concerns(json.loads(line[5:])):
                    self._due.set()

    def _concerns(self, message: dict[str, list[str]]) -> bool:
        rooms = message["rooms"]
        return bool(rooms) and (not self.room or self.room in rooms or "*" in rooms)

    async def refresh(self) -> None:
        """Ask for the view whenever it is due."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.view(fragment=True)
            await asyncio.sleep(ROOM_SECONDS if self.room else LIST_SECONDS)

    async def ask_when_seen(self) -> None:
        """Ask when the room was observed, again and again; nothing for the list."""
        while self.room:
            await asyncio.sleep(SEEN_SECONDS)
            answer = await self.http.get(
                "/seen", params={"fragment": 1, "room": self.room}
            )
            answer.raise_for_status()

    async def view(self, *, fragment: bool) -> None:
        """Read the page, or the part of it that is live."""
        answer = await self.http.get(
            self.path, params={"fragment": 1} if fragment else {}
        )
        answer.raise_for_status()
        self.views += 1


@dataclass(slots=True)
class Browsers:
    """All tabs, each a browser of its own."""

    tabs: list[Tab] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self, url: str, rooms: list[str]) -> Result:
        """Open a page for each of *rooms*; "" is the list."""
        for room in rooms:
            http = httpx.AsyncClient(base_url=url, timeout=OPEN_SECONDS)
            tab = Tab(http, room)
            await tab.view(fragment=False)
            self.tabs.append(tab)
            doing = tab.listen(), tab.refresh(), tab.ask_when_seen()
            self.tasks += map(asyncio.create_task, doing)
        async with asyncio.timeout(OPEN_SECONDS):
            for tab in self.tabs:
                await tab.opened.wait()
        return {"open": len(self.tabs)}

    async def views(self) -> Result:
        """How often a page was read in all."""
        return {"views": sum(each.views for each in self.tabs)}

    async def first_view(self, url: str, path: str) -> Result:
        """Bytes over the wire of one view, by a browser without a cache."""
        async with httpx.AsyncClient(base_url=url, timeout=OPEN_SECONDS) as http:
            answer = await http.get(path)
            answer.raise_for_status()
        return {
            "bytes": int(answer.headers["content-length"]),
            "assets": _ASSET.findall(answer.text),
        }


async def serve() -> None:
    """Obey until standard input ends."""
    browsers = Browsers()
    commands: dict[str, AsyncCommand] = {
        "open": browsers.open,
        "views": browsers.views,
        "first_view": browsers.first_view,
    }
    await obey_async(commands, {"ready": True})


if __name__ == "__main__":
    asyncio.run(serve())
