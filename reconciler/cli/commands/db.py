"""``reconciler db``: show and upgrade the schema, rebind, back up and restore."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from reconciler.cli.confirmation import confirmed
from reconciler.cli.json_output import print_json
from reconciler.model.account_name import DEFAULT_ACCOUNT


@click.group()
def db() -> None:
    """Manage the database: schema, account, copies."""


@db.command()
@click.option(
    "--scale",
    is_flag=True,
    help="Also make the tables of the shard engine, for daemon --scale.",
)
def upgrade(*, scale: bool) -> None:
    """Make the tables, or bring them up to date."""
    from reconciler.store.migration import HEAD, upgrade_at  # noqa: PLC0415 - heavy

    before = asyncio.run(upgrade_at(_url())).number
    if before == HEAD:
        text = f"{_place()} is up to date (version {HEAD})."
    elif before is None:
        text = f"Created the tables of {_place()} (version {HEAD})."
    else:
        text = f"Upgraded {_place()} from version {before} to {HEAD}."
    facts: dict[str, str | int | None] = {"before": before, "version": HEAD}
    if scale:
        facts["engine"] = _install_engine()
        text = f"{text} Tables of the shard engine: {facts['engine']}."
    _show(text, facts)


def _install_engine() -> str:
    """The engine whose tables are there now."""
    from reconciler.bootstrap import settings  # noqa: PLC0415 - heavy
    from reconciler.bootstrap.scale_out import install_engine  # noqa: PLC0415 - heavy

    return asyncio.run(install_engine(settings(database_url=_url())))


@db.command(short_help="Show the version of the tables.")
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

    With --account NAME, bind NAME to the SID given in the accounts file.

    For an account that is gone, such as that of a restarted simulator. Rosters and
    history stay. Every call that is on record as under way is treated as over, and
    each declared member is called again by the next sync: whoever is still on the
    line of the old account would be called a second time.
    """
    from reconciler.bootstrap.account_source import one_account  # noqa: PLC0415 - heavy
    from reconciler.cli.command_settings import command_settings  # noqa: PLC0415 - heavy

    of = one_account(command_settings())
    account_sid = of.settings.credentials().account_sid
    if not yes and not confirmed("Everybody declared will be called again.", "rebind"):
        facts = {"account": account_sid, "closed_calls": 0, "changed": False}
        _show("Nothing was changed.", facts)
        return 0
    rebound = asyncio.run(_rebind(account_sid, of.name))
    _show(
        _rebound_text(f"account {account_sid}{_named(of.name)}", rebound),
        {
            "account": account_sid,
            "closed_calls": rebound or 0,
            "changed": rebound is not None,
        },
    )
    return 0


def _rebound_text(account: str, closed: int | None) -> str:
    """What rebinding to *account* did, None where it belonged to it already."""
    if closed is None:
        return f"{_place()} already belongs to {account}; nothing changed."
    calls = f"{closed} {'call is' if closed == 1 else 'calls are'} now considered ended"
    return (
        f"{_place()} now belongs to {account}; {calls}. The daemon or the next sync "
        "will call everybody declared."
    )


def _named(name: str) -> str:
    return "" if name == DEFAULT_ACCOUNT else f" under the name {name}"


async def _rebind(account_sid: str, name: str) -> int | None:
    """How many calls now count as ended; None where it belongs to the account already."""
    from reconciler.bootstrap import now, person  # noqa: PLC0415 - heavy
    from reconciler.store.opening import open_store  # noqa: PLC0415 - heavy

    async with await open_store(_url()) as store:
        if (await store.accounts()).get(name) == account_sid:
            return None
        return await store.rebind(account_sid, now=now(), cause=person(), name=name)


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the database to FILE while it is in use.

    The copy is of one moment and is checked. FILE must not exist. For SQLite; of
    PostgreSQL the command that does it is named.
    """
    from reconciler.store.database.sqlite_copy import copy_database  # noqa: PLC0415 - heavy

    if str(file) == "-":
        raise click.UsageError("a copy is a file, which is checked: name one, not -")
    copy_database(_sqlite_path("pg_dump {} --format=custom --file=FILE"), file)
    _show(f"Copied {_place()} to {file}.", {"file": str(file)})


@db.command(short_help="Replace the database with a copy.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def restore(file: Path, *, yes: bool) -> int:
    """Replace the database with FILE, a copy made by 'db backup'.

    FILE must belong to the account that TWILIO_ACCOUNT_SID names, and to that of
    the database. No daemon may run. What the database holds now is kept beside it.
    Calls placed since the copy are not on record any longer: members who are in
    their rooms are recognized by their labels, others may be called again.
    'reconciler plan' shows it.
    """
    from reconciler.bootstrap import database_copy  # noqa: PLC0415 - heavy

    path = _sqlite_path("pg_restore {} --clean --if-exists FILE")
    asyncio.run(database_copy.require_same_account(file, _url()))
    question = (
        "Calls placed since the copy will be forgotten; members who left since may be "
        "called again."
    )
    if not yes and not confirmed(question, "restore"):
        unused = {"file": str(file), "kept": None, "changed": False}
        _show("Nothing was changed.", unused)
        return 0
    kept = asyncio.run(database_copy.restore(file, path, _url()))
    text = f"Restored {_place()} from {file}."
    if kept:
        text += f" What it held before is in {kept}."
    click.echo("To see what sync would do now: reconciler plan", err=True)
    of = {"file": str(file), "kept": str(kept) if kept else None, "changed": True}
    _show(text, of)
    return 0


def _sqlite_path(command: str) -> Path:
    """The database's file; SettingError, with what to run instead, for PostgreSQL."""
    from reconciler.model.errors import SettingError  # noqa: PLC0415 - heavy
    from reconciler.store.database.url import parse_database_url  # noqa: PLC0415 - heavy

    place = parse_database_url(_url())
    if place.path is not None:
        return place.path
    url = place.url
    options = {
        "host": url.host,
        "port": url.port,
        "username": url.username,
        "dbname": url.database,
    }
    words = " ".join(f"--{name}={value}" for name, value in options.items() if value)
    raise SettingError(
        f"PostgreSQL has its own tool for this. Run: {command.format(words)}"
    )


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


def _show(text: str, facts: Mapping[str, object]) -> None:
    if getattr(_options(), "output", "text") == "json":
        print_json({"format_version": "1", "database": _place(), **facts})
        return
    click.echo(text)
