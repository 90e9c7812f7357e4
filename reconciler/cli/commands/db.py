"""``reconciler db``: show and upgrade the schema, rebind the account."""

import asyncio
import json
import sys
from typing import Any

import click


@click.group()
def db() -> None:
    """Manage the database schema."""


@db.command()
def upgrade() -> None:
    """Make the tables, or bring them up to date."""
    from reconciler.store.migration import HEAD, upgrade_at  # noqa: PLC0415 - heavy

    before = asyncio.run(upgrade_at(_url())).number
    if before == HEAD:
        text = f"{_place()} is up to date (version {HEAD})."
    elif before is None:
        text = f"Created the tables of {_place()} (version {HEAD})."
    else:
        text = f"Upgraded {_place()} from version {before} to {HEAD}."
    _show(text, {"before": before, "version": HEAD})


@db.command()
def current() -> None:
    """Show the version of the tables, and whether this program knows it."""
    from reconciler.store.migration import HEAD, current_at  # noqa: PLC0415 - heavy

    version = asyncio.run(current_at(_url()))
    number, age = version.number, version.age
    text = f"{_place()}: version {number or 'none'}, {_MEANINGS[age]}."
    _show(text, {"version": number, "newest": HEAD, "age": str(age)})


@db.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def rebind(*, yes: bool) -> int:
    """Bind the database to the account that TWILIO_ACCOUNT_SID names.

    For an account that is gone, such as that of a local Twilio which was started
    again. Rosters and history stay. Every call that is on record as under way
    counts as over, and each declared member is called again by the next sync:
    whoever is still on the line of the old account would be called a second time.
    """
    from reconciler.bootstrap import settings  # noqa: PLC0415 - heavy

    account_sid = settings().credentials().account_sid
    if not yes and not _agreed():
        click.echo("Nothing was changed.", err=True)
        return 0
    closed = asyncio.run(_rebind(account_sid))
    calls = f"{closed} {'call is' if closed == 1 else 'calls are'} now considered ended"
    _show(
        f"{_place()} now belongs to account {account_sid}; {calls}. The daemon or the "
        "next sync will call everybody declared.",
        {"account": account_sid, "closed_calls": closed},
    )
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "standard input is not a terminal; pass --yes to rebind without a prompt"
        )
    question = "Everybody declared will be called again. Only 'yes' is accepted"
    answer: str = click.prompt(question, default="no", err=True)
    return answer.strip() == "yes"


async def _rebind(account_sid: str) -> int:
    from reconciler.bootstrap import now, person  # noqa: PLC0415 - heavy
    from reconciler.store.store import open_store  # noqa: PLC0415 - heavy

    async with await open_store(_url()) as store:
        if await store.account() == account_sid:
            return 0
        return await store.rebind(account_sid, now=now(), cause=person())


_MEANINGS = {
    "none": "no tables yet. To create them: reconciler db upgrade",
    "older": "out of date. To upgrade: reconciler db upgrade",
    "current": "up to date",
    "newer": "created by a newer reconciler: upgrade this one",
    "foreign": "the tables belong to another program",
}


def _url() -> str:
    from reconciler.bootstrap import settings  # noqa: PLC0415 - heavy

    return settings(database_url=getattr(_options(), "database_url", None)).database_url


def _place() -> str:
    from reconciler.store.database.url import parse_database_url  # noqa: PLC0415 - heavy

    return parse_database_url(_url()).name


def _options() -> Any:
    return click.get_current_context().find_root().obj


def _show(text: str, facts: dict[str, str | int | None]) -> None:
    if getattr(_options(), "output", "text") == "json":
        text = json.dumps({"format_version": "1", "database": _place(), **facts})
    click.echo(text)
