"""``reconciler history`` and ``diff``: generations of a room, and what differs."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap import now
from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.command_settings import command_settings
from reconciler.cli.decision_session import require_known, show
from reconciler.cli.difference_text import (
    difference_line,
    difference_lines,
    differences_data,
)
from reconciler.cli.effective_text import pin_line
from reconciler.cli.generations import (
    RoomRevision,
    compared,
    counting,
    generation_line,
    parse_revision,
    require_generation,
)
from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.masking import mask
from reconciler.operations.effective_data import pin_data
from reconciler.operations.evaluated_room import require
from reconciler.planning.comparison import Compared, compare, compare_live
from reconciler.planning.describe import counted, quoted
from reconciler.planning.override import Difference
from reconciler.store.opening import open_reader
from reconciler.store.queries.revision_row import Revision
from reconciler.store.store import SqlStore

SHOWN = 5
"""Changes of a generation that ``history`` lists one by one."""


class _Generation(Struct, frozen=True):
    """A generation and what it changed; None if the one before is not on record."""

    revision: Revision
    changes: tuple[Difference, ...] | None


@click.command()
@click.argument("room")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many generations to list, the newest first.",
)
def history(room: str, *, limit: int) -> None:
    """List the generations of ROOM: when, by what and whom, and what changed.

    A generation is made by a changed file, an override, the schedule, a rollback or
    'reconciler unpin'. Generations are kept for 90 days. Reads the database.
    """
    desired, revisions = asyncio.run(_recorded(room))
    entries = tuple(_entries(revisions))[::-1][:limit]
    show(
        "\n".join(_lines(desired, entries, len(revisions))),
        conference=room,
        generation=desired.generation,
        pinned=pin_data(desired.pin),
        revisions=[_data(generation, desired) for generation in entries],
    )


async def _recorded(room: str) -> tuple[Desired, tuple[Revision, ...]]:
    of = command_settings()
    async with await open_reader(of.database_url) as store:
        require(room, await store.rooms())
        desired = await store.desired(room, now())
        assert desired is not None  # noqa: S101 - the room is known
        return desired, await store.revisions(room)


def _entries(revisions: Sequence[Revision]) -> Iterator[_Generation]:
    yield from (_Generation(revision, None) for revision in revisions[:1])
    for old, new in pairwise(revisions):
        follows = new.generation == old.generation + 1
        yield _Generation(
            new, compare(compared(old), compared(new)) if follows else None
        )


def _lines(
    desired: Desired, entries: Sequence[_Generation], known: int
) -> Iterator[str]:
    room = desired.roster.room
    yield mask(f"{room}: {counted(known, 'generation', 'generations')} on record")
    if desired.pin is not None:
        yield mask(f"  . {pin_line(room, desired.pin)}")
    for generation in entries:
        revision, number = generation.revision, generation.revision.generation
        mark = "*" if number == desired.generation else " "
        yield mask(
            f"{mark} {number:>4}  {generation_line(revision)}{_roles(number, desired)}"
        )
        if generation.changes is None:
            yield f"        {counted(len(revision.roster.members), 'member', 'members')}"
            continue
        more = f"reconciler diff {quoted(f'{room}@{number - 1}')} {quoted(f'{room}@{number}')}"
        for line in difference_lines(generation.changes, SHOWN, more):
            yield f"        {line}"


def _roles(number: int, desired: Desired) -> str:
    """What a generation is at present beside its record."""
    pin = desired.pin
    said = ["current"] if number == desired.generation else []
    said += ["pinned"] if pin and number == pin.generation else []
    said += ["what the file declares"] if pin and number == pin.file_generation else []
    return f" ({', '.join(said)})" if said else ""


def _data(entry: _Generation, desired: Desired) -> dict[str, Any]:
    revision, pin = entry.revision, desired.pin
    changes = entry.changes
    return {
        "generation": revision.generation,
        "at": revision.loaded_at,
        "kind": None if revision.kind is None else str(revision.kind),
        "by": revision.cause,
        "reason": revision.reason,
        "restored": revision.restored,
        "current": revision.generation == desired.generation,
        "pinned": pin is not None and revision.generation == pin.generation,
        "members": len(revision.roster.members),
        "changes": None if changes is None else differences_data(changes),
    }


@click.command()
@click.argument("first", metavar="ROOM[@N]")
@click.argument("second", metavar="[ROOM@M]", required=False)
@click.option("--live", is_flag=True, help="Compare with who is live at Twilio.")
def diff(first: str, second: str | None, *, live: bool) -> int:
    """Show what differs between two generations of a room.

    ROOM@3 ROOM@5 compares two generations, ROOM@3 alone that one with what is
    declared now. With --live, ROOM or ROOM@3 is compared with the live conference.
    Nothing is written.
    """
    if live and second is not None:
        raise click.UsageError("--live takes one ROOM or ROOM@N")
    if live:
        return asyncio.run(_live(first))
    return asyncio.run(_stored(first, second))


async def _stored(first: str, second: str | None) -> int:
    of = command_settings()
    async with await open_reader(of.database_url) as store:
        rooms = await store.rooms()
        one = parse_revision(first, rooms)
        other = (
            parse_revision(second, rooms) if second else RoomRevision(one.room, None)
        )
        for revision in (one, other):
            require(revision.room, rooms)
        if one.room != other.room:
            raise click.UsageError("give two generations of the same room")
        if one == other:
            name = f"{one.room}@1"
            raise click.UsageError(
                f"give a generation, such as {quoted(name)}, two of them, or --live"
            )
        sides = [await _side(store, revision) for revision in (one, other)]
    _show(one, other.generation, "declared", compare(*sides))
    return 0


async def _side(store: SqlStore, of: RoomRevision) -> Compared:
    if of.generation is not None:
        revisions = await store.revisions(of.room)
        return compared(require_generation(of.room, of.generation, revisions))
    at = now()
    declared = (await store.declared([of.room], at))[of.room]
    desired = await store.desired(of.room, at)
    assert desired is not None  # noqa: S101 - the room is known
    return counting(desired, declared, at)


def _show(
    first: RoomRevision,
    generation: int | None,
    other: str,
    differences: tuple[Difference, ...],
) -> None:
    left = (
        "what is declared now"
        if first.generation is None
        else f"generation {first.generation}"
    )
    words = {"live": "the live room", "declared": "what is declared now"}
    right = words[other] if generation is None else f"generation {generation}"
    head = f"{first.room}: {left} → {right}"
    lines = [f"  {difference_line(difference)}" for difference in differences]
    show(
        "\n".join([mask(head), *(lines or ["  No differences."])]),
        conference=first.room,
        **{
            "from": {
                "kind": "generation" if first.generation else "declared",
                "generation": first.generation,
            },
            "to": {
                "kind": "generation" if generation else other,
                "generation": generation,
            },
        },
        differences=differences_data(differences),
    )


async def _live(text: str) -> int:
    of = command_settings()
    async with command_session(of, read_only=True) as shop:
        rooms = await shop.store.rooms()
        revision = parse_revision(text, rooms)
        require(revision.room, rooms)
        evaluation = await _looked(shop, revision)
    require_known(revision.room, evaluation.plan.unknown)
    assert evaluation.desired is not None  # noqa: S101 - the room is known
    _show(
        revision, None, "live", compare_live(evaluation.plan, evaluation.desired.roster)
    )
    return 0


async def _looked(shop: CommandSession, wanted: RoomRevision) -> Evaluation:
    """The live room beside a generation, whether or not it is managed."""
    room = wanted.room
    side = await _side(shop.store, wanted)
    desired, ledger = (await shop.store.read([room], shop.clock()))[room]
    assert desired is not None  # noqa: S101 - the room is known
    survey = await shop.provider.survey([room])
    desired = replace(desired, roster=side.roster, standing=Standing.MANAGED)
    return await shop.evaluate(room, desired, ledger, survey)
