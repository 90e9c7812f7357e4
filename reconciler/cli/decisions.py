"""``reconciler redial`` and ``resolve``: what only a person can decide."""

import asyncio
from collections.abc import Awaitable, Callable

import click

from reconciler.bootstrap import now, person, settings
from reconciler.cli.options import current
from reconciler.model.errors import SettingError
from reconciler.store.sql import SqlStore, open_store


@click.command()
@click.argument("room")
@click.argument("label")
def redial(room: str, label: str) -> None:
    """Ask for LABEL to be rung anew in ROOM, whatever the last call came to.

    The next 'reconciler sync' rings, unless the person is in the room or a
    ring is under way.
    """

    async def ask(store: SqlStore) -> bool:
        return await store.redial(room, label, now=now(), cause=person())

    if not asyncio.run(_decide(ask)):
        raise SettingError(f"the roster of '{room}' names no '{label}'")
    click.echo(f"{label} is rung anew by the next sync of {room}.")


@click.command()
@click.argument("room")
@click.argument("label")
@click.option("--rung/--not-rung", required=True, help="What became of the phone.")
def resolve(room: str, label: str, *, rung: bool) -> None:
    """Say whether a ring that was lost from sight reached LABEL's phone.

    A ring whose answer never came is looked for; when nothing is found it is
    held, since ringing again could be ringing twice. --rung leaves it at that;
    --not-rung lets the next sync ring.
    """

    async def ask(store: SqlStore) -> bool:
        return await store.resolve(room, label, rung=rung, now=now(), cause=person())

    if not asyncio.run(_decide(ask)):
        raise SettingError(
            f"no ring of '{label}' in '{room}' is waiting to be resolved; "
            f"'reconciler status' shows how they are"
        )
    then = "it is left at that" if rung else "the next sync rings"
    click.echo(f"{label} in {room}: {then}.")


async def _decide(ask: Callable[[SqlStore], Awaitable[bool]]) -> bool:
    url = settings(database_url=current().database_url).database_url
    async with await open_store(url) as store:
        return await ask(store)
