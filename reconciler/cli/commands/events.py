"""``reconciler events``: what was done, when, why and by whom."""

import asyncio
from collections.abc import Iterable

import click
from msgspec import to_builtins
from msgspec.structs import replace

from reconciler.bootstrap import now
from reconciler.cli.command_settings import command_settings
from reconciler.cli.duration_option import DURATION
from reconciler.cli.json_output import print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current
from reconciler.cli.polling import until_interrupted
from reconciler.model.event import Event
from reconciler.model.masking import mask
from reconciler.operations.evaluated_room import require
from reconciler.store.opening import open_reader
from reconciler.store.queries.audit import EventFilter, StoredEvent
from reconciler.store.store import SqlStore

_POLL_SECONDS = 1.0
"""Seconds between two looks for news."""

_LATE = 256
"""Ids for which one may come after a greater one: transactions overlap."""


@click.command()
@click.argument("room", required=False)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="Maximum number of events to show.",
)
@click.option(
    "--since",
    type=DURATION,
    metavar="AGE",
    help="Show only events newer than AGE, such as 2h.",
)
@click.option(
    "--follow", "-f", is_flag=True, help="Keep printing new events until interrupted."
)
def events(room: str | None, *, limit: int, since: float | None, follow: bool) -> None:
    """Show the newest events of all rooms or of one, oldest first.

    With '--output json', a JSON object a line.
    """
    url = command_settings().database_url
    event_filter = EventFilter(
        room=room, since=None if since is None else now() - since
    )

    async def run() -> None:
        async with await open_reader(url) as store:
            if room is not None:
                require(room, await store.rooms())
            await _read(store, event_filter, limit, follow=follow)

    asyncio.run(run())


async def _read(
    store: SqlStore, wanted: EventFilter, limit: int, *, follow: bool
) -> None:
    newest = await store.newest(EventFilter(), limit=1)
    found = await store.newest(wanted, limit=limit)
    _print(found)
    if follow:
        last = max((stored.id for stored in (*newest, *found)), default=0)
        shown = {stored.id for stored in found}
        news = _News(store, replace(wanted, since=None), last, shown)
        await until_interrupted(news.print, _POLL_SECONDS)


class _News:
    """Events after id *last*, or committed late, each once."""

    def __init__(
        self, store: SqlStore, wanted: EventFilter, last: int, shown: set[int]
    ) -> None:
        self._store = store
        self._wanted = wanted
        self._begun = last
        self._last = last
        self._shown = shown

    async def print(self) -> None:
        """Print what has come since the last time."""
        start = max(self._begun, self._last - _LATE)
        found = await self._store.events_after(self._wanted, start)
        _print(stored for stored in found if stored.id not in self._shown)
        self._last = max([self._last, *(stored.id for stored in found)])
        self._shown = {stored.id for stored in found}


def _print(found: Iterable[StoredEvent]) -> None:
    for stored in found:
        if current().json:
            print_json(_data(stored))
        else:
            click.echo(event_line(stored.event))


def _data(told: StoredEvent) -> dict[str, object]:
    event = to_builtins(told.event)
    masked = {name: mask(event[name] or "") for name in ("message", "cause")}
    return {"id": told.id, **event, **masked}


def event_line(event: Event) -> str:
    """An event for people: when, about whom, what, by whom, Twilio's request."""
    about = " ".join(filter(None, [event.room, event.label]))
    notes = ", ".join(filter(None, [event.cause, event.request_id]))
    line = f"{moment(event.at)} {about}: {event.kind}: {event.message} [{notes}]"
    return mask(line)
