"""What only a person can decide: each decision an event, heard by a running loop."""

import asyncio
from collections.abc import Awaitable, Callable

import click

from reconciler.bootstrap import now, person
from reconciler.cli.duration import DURATION
from reconciler.cli.rooms import deciding, moment, require_label, show
from reconciler.engine.ports import Standing
from reconciler.model.errors import SettingError
from reconciler.store.sql import SqlStore


@click.command()
@click.argument("room")
@click.option(
    "--for",
    "seconds",
    type=DURATION,
    help="End the pause by itself after this time, such as 30m.",
)
def pause(room: str, seconds: float | None) -> None:
    """Leave ROOM as it is: nothing is sent to Twilio about it until resumed.

    Nobody is hung up. Rosters may still be loaded; they count once the pause
    is over.
    """
    at, who = now(), person()
    until = None if seconds is None else at + seconds

    async def ask(store: SqlStore) -> bool:
        return await store.stand(room, Standing.PAUSED, now=at, cause=who, until=until)

    changed = asyncio.run(_standing(room, ask))
    end = "until it is resumed" if until is None else f"until {moment(until)}"
    show(
        f"{room} is left as it is {end}.",
        conference=room,
        standing="paused",
        changed=changed,
        until=until,
        by=who,
    )


@click.command()
@click.argument("room")
def resume(room: str) -> None:
    """Converge ROOM again after a pause."""
    at, who = now(), person()

    async def ask(store: SqlStore) -> bool:
        return await store.stand(room, Standing.MANAGED, now=at, cause=who)

    changed = asyncio.run(_standing(room, ask))
    then = "is converged again" if changed else "was not paused"
    show(
        f"{room} {then}.",
        conference=room,
        standing="managed",
        changed=changed,
        until=None,
        by=who,
    )


async def _standing(room: str, ask: Callable[[SqlStore], Awaitable[bool]]) -> bool:
    async with deciding(room) as store:
        desired = await store.desired(room, now())
        if desired is not None and desired.standing is Standing.RELEASED:
            raise SettingError(
                f"'{room}' was released: 'reconciler sync' with its file takes it back"
            )
        return await ask(store)


@click.command()
@click.argument("room")
@click.argument("label")
def redial(room: str, label: str) -> None:
    """Ask for LABEL to be rung anew in ROOM, whatever the last call came to.

    The daemon rings at once, or the next 'reconciler sync' does, unless the
    person is in the room or a ring is under way.
    """
    who = person()

    async def ask() -> None:
        async with deciding(room) as store:
            if not await store.redial(room, label, now=now(), cause=who):
                await _refuse_label(store, room, label)

    asyncio.run(ask())
    show(
        f"{label} is rung anew by the daemon, or by the next sync of {room}.",
        conference=room,
        label=label,
        decision="redial",
        by=who,
    )


async def _refuse_label(store: SqlStore, room: str, label: str) -> None:
    desired = await store.desired(room, now())
    if desired is not None:
        require_label(label, desired)


class _Either(click.Option):
    """A flag that has to be given one way or the other: both are named."""

    def get_error_hint(self, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's
        return " / ".join(f"'{each}'" for each in (*self.opts, *self.secondary_opts))


@click.command()
@click.argument("room")
@click.argument("labels", metavar="LABEL...", nargs=-1, required=True)
@click.option(
    "--rung/--not-rung", cls=_Either, required=True, help="What became of the phones."
)
def resolve(room: str, labels: tuple[str, ...], *, rung: bool) -> None:
    """Say whether rings that were lost from sight reached each LABEL's phone.

    A ring whose answer never came is looked for; when nothing is found it is
    held, since ringing again could be ringing twice. --rung leaves it at that;
    --not-rung lets LABEL be rung. Of several labels, all that wait are resolved.
    """
    who = person()

    async def ask() -> list[str]:
        async with deciding(room) as store:
            return [
                each
                for each in dict.fromkeys(labels)
                if await store.resolve(room, each, rung=rung, now=now(), cause=who)
            ]

    resolved = asyncio.run(ask())
    then = "it is left at that" if rung else "the daemon or the next sync rings"
    for label in resolved:
        show(
            f"{label} in {room}: {then}.",
            conference=room,
            label=label,
            decision="rung" if rung else "not-rung",
            by=who,
        )
    others = [each for each in dict.fromkeys(labels) if each not in resolved]
    if others:
        names = ", ".join(f"'{each}'" for each in others)
        raise SettingError(
            f"no ring of {names} in '{room}' is waiting to be resolved; "
            f"'reconciler status' shows how they are"
        )
