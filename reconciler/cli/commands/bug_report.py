"""``reconciler bug-report``: what a report of a fault needs, without secrets."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from typing import Any

import click
from msgspec import to_builtins

from reconciler.cli.command_settings import command_settings
from reconciler.cli.commands.events import event_line
from reconciler.cli.commands.versions import version_data
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.model.errors import ReconcilerError
from reconciler.model.masking import mask
from reconciler.setting_names import setting_names
from reconciler.settings import SECRET_NAMES
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import SchemaState, current_at
from reconciler.store.opening import open_reader
from reconciler.store.queries.audit import EventFilter, StoredEvent

_SHOWN = frozenset({"version", "database_schema", "python", "sqlite", "platform"})
_SECRET = SECRET_NAMES | {"RECONCILER_NOTIFY"}
_ACCOUNT = "TWILIO_ACCOUNT_SID"
_SID_HEAD = 6


@click.command()
@click.option(
    "--events",
    "limit",
    type=click.IntRange(0, 1000),
    default=30,
    show_default=True,
    help="How many of the newest events to include.",
)
def bug_report(limit: int) -> None:
    """Print versions, settings and recent events for a report.

    Secrets are left out, phone numbers are masked, and nothing is sent anywhere.
    Read it before you pass it on: names of rooms, labels and reasons are as
    people wrote them.
    """
    try:
        database, events = asyncio.run(_database(limit))
    except ReconcilerError as error:
        database, events = {"error": mask(str(error))}, ()
    facts: dict[str, Any] = {
        **version_data(),
        "packages": _packages(),
        "settings": dict(_settings(os.environ)),
        "database": database,
        "events": [_masked(stored) for stored in events],
    }
    if current().json:
        print_json(facts)
        return
    for line in _lines(facts, events):
        click.echo(line)


def _packages() -> dict[str, str]:
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return dict(sorted((name, version) for name, version in found.items() if name))


def _settings(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is set; of a secret only that it is, of an account its first characters."""
    for name in sorted(setting_names()):
        value = environ.get(name)
        if not value:
            continue
        bare = name.removesuffix("_FILE")
        if bare in _SECRET and name == bare:
            yield name, "(set)"
        elif name == _ACCOUNT:
            yield name, f"{value[:_SID_HEAD]}…"
        else:
            yield name, mask(value)


async def _database(limit: int) -> tuple[dict[str, Any], tuple[StoredEvent, ...]]:
    url = command_settings().database_url
    place = parse_database_url(url)
    schema_version = await current_at(url)
    facts = {
        "kind": "sqlite" if place.path else "postgresql",
        "schema": schema_version.number,
        "age": str(schema_version.age),
    }
    if schema_version.age is not SchemaState.CURRENT:
        return facts, ()
    async with await open_reader(url) as store:
        rooms = await store.rooms()
        events = await store.newest(EventFilter(), limit=limit)
    kinds = Counter(stored.event.kind for stored in events)
    return {**facts, "rooms": len(rooms), "event_kinds": dict(kinds)}, tuple(events)


def _masked(told: StoredEvent) -> dict[str, Any]:
    event = {
        name: mask(value) if isinstance(value, str) else value
        for name, value in to_builtins(told.event).items()
    }
    return {"id": told.id, **event}


def _plain(value: object) -> str:
    """A value in words: counts by name as ``ring.done 3, ring.failed 1``."""
    if not isinstance(value, Mapping):
        return str(value)
    return ", ".join(f"{name} {count}" for name, count in sorted(value.items()))


def _lines(facts: dict[str, Any], events: tuple[StoredEvent, ...]) -> Iterator[str]:
    yield "## Versions"
    yield from (f"- {name}: {facts[name]}" for name in sorted(_SHOWN))
    zones = facts["time_zone_data"]
    yield f"- time zone data: {zones['version']} from {zones['source']}"
    for title in ("settings", "database", "packages"):
        yield f"\n## {title.capitalize()}"
        yield from (
            f"- {name}: {_plain(value)}" for name, value in facts[title].items()
        )
    yield "\n## Events"
    yield from (event_line(stored.event) for stored in events)
