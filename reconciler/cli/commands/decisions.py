"""``reconciler pause``, ``resume``, ``release``, ``forget``; each recorded as an event."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import click

from reconciler.bootstrap import now, person
from reconciler.cli.confirmation import confirmed
from reconciler.cli.duration_option import DURATION
from reconciler.cli.rooms import deciding, moment, require, show, taking_back
from reconciler.engine.ports import SEND_WITHIN_SECONDS, Desired, Standing
from reconciler.model.errors import SettingError
from reconciler.planning.describe import counted, quoted
from reconciler.store.store import SqlStore

SETTLED_WITHIN = SEND_WITHIN_SECONDS + 1.0
"""Seconds for which a pause waits for a pass that is under way: nothing that was not
sent by then is sent any longer."""

_POLL_SECONDS = 0.05


@click.command()
@click.argument("room")
@click.option(
    "--for",
    "seconds",
    type=DURATION,
    help="End the pause automatically after this time, such as 30m.",
)
def pause(room: str, seconds: float | None) -> None:
    """Stop making changes to ROOM until it is resumed.

    Nobody is hung up, and no request is sent to Twilio about the room. The pause
    outlives changes of the files, and a file that is moved away and back; rosters
    that are loaded meanwhile take effect when the pause ends.
    """
    at, who = now(), person()
    until = None if seconds is None else at + seconds

    async def run() -> tuple[bool, bool]:
        async with deciding(room) as store:
            _require_managed(room, await store.desired(room, at))
            changed = await store.stand(
                room, Standing.PAUSED, now=at, cause=who, until=until
            )
            return changed, await _settled(store, room)

    changed, settled = asyncio.run(run())
    text = (
        f"Paused {room}. No changes will be made until it is resumed: "
        f"reconciler resume {quoted(room)}"
        if until is None
        else f"Paused {room} until {moment(until)}. No changes will be made."
    )
    if not settled:
        text += "\nA request that was being sent may still take effect."
    show(
        text,
        conference=room,
        standing="paused",
        changed=changed,
        settled=settled,
        until=until,
        by=who,
    )


async def _settled(store: SqlStore, room: str) -> bool:
    """Whether no pass is under way any longer that began before the pause."""
    end = now() + SETTLED_WITHIN
    while await store.held(room, now()):
        if now() >= end:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


def _require_managed(room: str, desired: Desired | None) -> None:
    if desired is not None and desired.standing is Standing.RELEASED:
        raise SettingError(f"'{room}' was released. {taking_back(room, desired)}")


@click.command()
@click.argument("room")
def resume(room: str) -> None:
    """Make changes to ROOM again after a pause, or after 'reconciler release'."""
    at, who = now(), person()

    async def run() -> tuple[Desired | None, bool]:
        async with deciding(room) as store:
            before = await store.desired(room, at)
            done = await store.stand(room, Standing.MANAGED, now=at, cause=who)
            after = await store.desired(room, at)
            if not done:
                _require_managed(room, after)
            return before, done

    before, changed = asyncio.run(run())
    standing = _resumed_as(before) if changed else Standing.MANAGED
    show(
        _resumed(room, before, changed=changed),
        conference=room,
        standing=str(standing),
        changed=changed,
        until=None,
        by=who,
    )


def _resumed_as(before: Desired | None) -> Standing:
    """A pause that ends leaves a room released whose file has left."""
    left = before is not None and before.standing is Standing.RELEASED
    by_file = left and before is not None and before.released_by is None
    return Standing.RELEASED if by_file else Standing.MANAGED


def _resumed(room: str, before: Desired | None, *, changed: bool) -> str:
    if not changed:
        return f"{room} is not paused."
    if before is not None and _resumed_as(before) is Standing.RELEASED:
        return f"Resumed {room}, which is released. " + taking_back(room, before)
    return f"Resumed {room}. The daemon or the next sync will reconcile it."


@click.command()
@click.argument("rooms", metavar="ROOM...", nargs=-1, required=True)
def release(rooms: tuple[str, ...]) -> None:
    """Stop managing each ROOM: nobody is hung up, and nothing is changed any longer.

    It does not matter which folder its file was in. The room is managed again by
    'reconciler resume ROOM', or when a changed file of it is loaded; a file that
    stays as it is does not bring it back.
    """
    who = person()

    async def decide(store: SqlStore, room: str) -> bool:
        return await store.stand(room, Standing.RELEASED, now=now(), cause=who)

    for room, changed in asyncio.run(_each(rooms, decide)):
        did = "Released" if changed else "Already released:"
        show(
            f"{did} {room}. Nobody was hung up. To manage it again: "
            f"reconciler resume {quoted(room)}",
            conference=room,
            standing="released",
            changed=changed,
            by=who,
        )


@click.command()
@click.argument("rooms", metavar="ROOM...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def forget(rooms: tuple[str, ...], *, yes: bool) -> int:
    """Delete everything on record of each released ROOM, its history included.

    A room that is managed is released first: 'reconciler release ROOM'. Nobody is
    hung up; whoever is still in the conference counts as a stranger from then on.
    """
    who = person()
    _require_released(rooms)
    if not yes and not _agreed(rooms):
        click.echo("Nothing was deleted.", err=True)
        return 0

    async def decide(store: SqlStore, room: str) -> bool:
        return await store.forget(room, now=now(), cause=who)

    for room, changed in asyncio.run(_each(rooms, decide)):
        if not changed:
            raise SettingError(_managed(room))
        show(f"Forgot {room}.", conference=room, forgotten=True, by=who)
    return 0


def _require_released(rooms: Sequence[str]) -> None:
    async def released(store: SqlStore, room: str) -> bool:
        desired = await store.desired(room, now())
        return desired is not None and desired.standing is Standing.RELEASED

    for room, so in asyncio.run(_each(rooms, released)):
        if not so:
            raise SettingError(_managed(room))


def _managed(room: str) -> str:
    return f"'{room}' is managed. Release it first: reconciler release {quoted(room)}"


def _agreed(rooms: Sequence[str]) -> bool:
    count = counted(len(rooms), "room", "rooms")
    question = f"Delete all records of {count} ({', '.join(rooms)})?"
    return confirmed(question, "delete")


async def _each(
    rooms: Sequence[str], decide: Callable[[SqlStore, str], Awaitable[bool]]
) -> list[tuple[str, bool]]:
    """Decide about one room after the other, all of which must be known first."""
    async with deciding(rooms[0]) as store:
        known = await store.rooms()
        for room in rooms:
            require(room, known)
        return [(room, await decide(store, room)) for room in dict.fromkeys(rooms)]
