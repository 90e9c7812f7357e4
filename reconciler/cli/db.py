"""``reconciler db``: the tables of the database, told and brought up to date."""

import asyncio
import json
from typing import Any

import click


@click.group()
def db() -> None:
    """The database and the version of its tables."""


@db.command()
def upgrade() -> None:
    """Make the tables, or bring them up to date."""
    from reconciler.store.migration import HEAD, upgrade_at  # noqa: PLC0415 - heavy

    before = asyncio.run(upgrade_at(_url())).number
    if before == HEAD:
        text = f"{_place()} is up to date (version {HEAD})."
    elif before is None:
        text = f"{_place()} has its tables now (version {HEAD})."
    else:
        text = f"{_place()} went from version {before} to {HEAD}."
    _show(text, {"before": before, "version": HEAD})


@db.command()
def current() -> None:
    """Show the version of the tables, and whether this program knows it."""
    from reconciler.store.migration import HEAD, current_at  # noqa: PLC0415 - heavy

    version = asyncio.run(current_at(_url()))
    number, age = version.number, version.age
    text = f"{_place()}: version {number or 'none'}, {_MEANINGS[age]}."
    _show(text, {"version": number, "newest": HEAD, "age": str(age)})


_MEANINGS = {
    "none": "no tables yet: `reconciler db upgrade` makes them",
    "older": "`reconciler db upgrade` brings it up to date",
    "current": "up to date",
    "newer": "made by a newer reconciler: upgrade this one",
    "foreign": "the tables of another program",
}


def _url() -> str:
    from reconciler.bootstrap import settings  # noqa: PLC0415 - heavy

    return settings(database_url=getattr(_options(), "database_url", None)).database_url


def _place() -> str:
    from reconciler.store.place import place_of  # noqa: PLC0415 - heavy

    return place_of(_url()).name


def _options() -> Any:
    return click.get_current_context().find_root().obj


def _show(text: str, facts: dict[str, str | None]) -> None:
    if getattr(_options(), "output", "text") == "json":
        text = json.dumps({"format_version": "1", "database": _place(), **facts})
    click.echo(text)
