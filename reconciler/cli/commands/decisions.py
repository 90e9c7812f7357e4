"""``reconciler pause``, ``resume``, ``release``, ``forget``; each recorded as an event."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click

from reconciler.bootstrap import now, person
from reconciler.bootstrap.environment import operator
from reconciler.cli.confirmation import confirmed
from reconciler.cli.decision_session import deciding, show
from reconciler.cli.duration_option import DURATION
from reconciler.cli.moment_text import moment
from reconciler.cli.reason_option import reason_option
from reconciler.engine.desired_room import Desired, Standing
from reconciler.model.attempt import UNCERTAIN, Attempt
from reconciler.model.errors import SettingError
from reconciler.operations.evaluated_room import require
from reconciler.operations.standing_change import (
    PauseResult,
    pause_room,
    resume_room,
    resumed_as,
    resumed_text,
)
from reconciler.planning.describe import counted, quoted, resolving
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore

_T = TypeVar("_T")


@click.command()
@click.argument("room")
@click.option(
    "--for",
    "seconds",
    type=DURATION,
    help="End the pause automatically after this time, such as 30m.",
)
@reason_option
def pause(room: str, seconds: float | None, reason: str | None) -> None:
    """Stop making changes to ROOM until it is resumed.

    Nobody is hung up, and no request is sent to Twilio about the room. The pause
    outlives changes of the files, and a file that is moved away and back; rosters
    that are loaded meanwhile take effect when the pause ends.
    """
    who = person()

    async def run() -> PauseResult:
        async with deciding(room) as store:
            return await pause_room(store, room, operator(reason), now, seconds)

    paused = asyncio.run(run())
    text = (
        f"Paused {room}. No changes will be made until it is resumed: "
        f"reconciler resume {quoted(room)}"
        if paused.until is None
        else f"Paused {room} until {moment(paused.until)}. No changes will be made."
    )
    if not paused.settled:
        text += "\nA request that was being sent may still take effect."
    show(
        text,
        conference=room,
        standing="paused",
        changed=paused.changed,
        settled=paused.settled,
        until=paused.until,
        by=who,
    )


@click.command()
@click.argument("room")
@reason_option
def resume(room: str, reason: str | None) -> None:
    """Make changes to ROOM again after a pause, or after 'reconciler release'."""

    async def run() -> tuple[Desired | None, bool]:
        async with deciding(room) as store:
            return await resume_room(store, room, operator(reason), now)

    before, changed = asyncio.run(run())
    standing = resumed_as(before) if changed else Standing.MANAGED
    show(
        resumed_text(room, before, changed=changed),
        conference=room,
        standing=str(standing),
        changed=changed,
        until=None,
        by=person(),
    )


@click.command()
@click.argument("rooms", metavar="ROOM...", nargs=-1, required=True)
@reason_option
def release(rooms: tuple[str, ...], reason: str | None) -> None:
    """Stop managing each ROOM: nobody is hung up, and nothing is changed any longer.

    It does not matter which folder its file was in. The room is managed again by
    'reconciler resume ROOM', or when a changed file of it is loaded; an unchanged
    file does not bring it back.
    """
    who = person()

    async def decide(store: SqlStore, room: str) -> bool:
        return await store.stand(
            Decision(room, now(), who, reason or ""), Standing.RELEASED
        )

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
    hung up; whoever is still in the conference is treated as a stranger from then on.
    A room of which a phone may still ring is not deleted: what is on record of its
    call keeps it from being called again.
    """
    who = person()
    _require_forgettable(rooms)
    if not yes and not _agreed(rooms):
        for room in rooms:
            text = f"Nothing of {room} was deleted."
            show(text, conference=room, forgotten=False, by=who)
        return 0

    async def decide(store: SqlStore, room: str) -> bool:
        return await store.forget(Decision(room, now(), who))

    for room, changed in asyncio.run(_each(rooms, decide)):
        if not changed:
            _require_forgettable([room])
            raise SettingError(_managed(room))
        show(f"Forgot {room}.", conference=room, forgotten=True, by=who)
    return 0


def _require_forgettable(rooms: Sequence[str]) -> None:
    at = now()

    async def obstacle(store: SqlStore, room: str) -> str | None:
        desired = await store.desired(room, at)
        if desired is None or desired.standing is not Standing.RELEASED:
            return _managed(room)
        return next(map(_may_ring, await store.ringing(room, at)), None)

    for _, reason in asyncio.run(_each(rooms, obstacle)):
        if reason is not None:
            raise SettingError(reason)


def _may_ring(attempt: Attempt) -> str:
    who = f"The phone of {attempt.label} in '{attempt.room}'"
    if attempt.state in UNCERTAIN:
        return (
            f"{who} may ring: it is not known whether Twilio placed the call. Say "
            f"whether it did: {resolving(attempt.room, attempt.label)} --rung (or "
            "--not-rung)"
        )
    return (
        f"{who} may ring until {moment(attempt.rings_until)}. After that: "
        f"reconciler forget {quoted(attempt.room)}"
    )


def _managed(room: str) -> str:
    return f"'{room}' is managed. Release it first: reconciler release {quoted(room)}"


def _agreed(rooms: Sequence[str]) -> bool:
    count = counted(len(rooms), "room", "rooms")
    question = f"Delete all records of {count} ({', '.join(rooms)})?"
    return confirmed(question, "delete")


async def _each(
    rooms: Sequence[str], decide: Callable[[SqlStore, str], Awaitable[_T]]
) -> list[tuple[str, _T]]:
    """Decide about one room after the other, all of which must be known first."""
    async with deciding(rooms[0]) as store:
        known = await store.rooms()
        for room in rooms:
            require(room, known)
        return [(room, await decide(store, room)) for room in dict.fromkeys(rooms)]
