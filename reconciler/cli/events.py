"""``reconciler events``: what was done, when, why and by whom."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from reconciler.bootstrap import settings
from reconciler.cli.options import current
from reconciler.model.event import Event
from reconciler.model.masking import mask


@click.command()
@click.argument("room", required=False)
@click.option("--limit", default=100, show_default=True, help="The most to show.")
def events(room: str | None, *, limit: int) -> None:
    """Show the newest events of all rooms or of one, oldest first."""
    from reconciler.store.sql import open_reader  # noqa: PLC0415 - heavy

    options = current()
    url = settings(database_url=options.database_url).database_url

    async def run() -> tuple[Event, ...]:
        async with await open_reader(url) as store:
            return await store.events(room, limit=limit)

    for event in asyncio.run(run()):
        click.echo(json.dumps(asdict(event)) if options.json else _line(event))


def _line(event: Event) -> str:
    at = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    about = " ".join(filter(None, [event.room, event.label]))
    notes = ", ".join(filter(None, [event.cause, event.request_id]))
    return mask(f"{at} {about}: {event.kind}: {event.message} [{notes}]")
