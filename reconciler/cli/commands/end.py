"""``reconciler end``: end a room's call and keep it ended."""

import asyncio
from typing import Any

import click
from msgspec.structs import replace

from reconciler.bootstrap import now
from reconciler.bootstrap.environment import operator
from reconciler.cli.confirmation import confirmed
from reconciler.cli.decision_session import deciding, looking, require_known, show
from reconciler.cli.effective_text import NEXT, override_sentence
from reconciler.cli.lasting_option import lasting, lasting_options
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.model.exit_code import WITHHELD
from reconciler.operations.override_change import Lasting
from reconciler.operations.room_ending import RoomEnding, end_room, plan_ending
from reconciler.planning.describe import counted, quoted
from reconciler.planning.override import override_data


@click.command()
@click.argument("room")
@lasting_options
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def end(room: str, *, yes: bool, **lasts: Any) -> int:
    """End the call in ROOM for everybody, and keep the room ended.

    Shows whom it cuts off, and asks; that is your approval of these removals,
    protected members included. The room stays ended until the override ends (--for,
    --until), or until 'reconciler start ROOM', which calls everybody again.
    """
    ending = asyncio.run(_look(room, lasting(**lasts)))
    require_known(room, ending.evaluation.plan.unknown)
    people = ending.people
    if not current().json:
        echo(_whom(room, people))
    if not yes and people and not confirmed("End the call?", "end"):
        _show(ending, people, "Not ended. Nothing was changed.", ended=False)
        return WITHHELD
    return asyncio.run(_end(room, ending, people))


async def _look(room: str, lasts: Lasting) -> RoomEnding:
    async with looking(room) as shop:
        return await plan_ending(shop, room, lasts, operator())


def _whom(room: str, people: tuple[str, ...]) -> str:
    if not people:
        return f"Nobody is connected in {room}."
    count = counted(len(people), "person", "people")
    return f"This ends the call in {room} for {count}: {', '.join(people)}."


async def _end(room: str, ending: RoomEnding, people: tuple[str, ...]) -> int:
    """Put the override and the approval on record, both or neither."""
    async with deciding(room) as store:
        override, granted = await end_room(store, ending, now())
    if override is None:
        text = f"Not ended: {room} was released in the meantime."
        _show(ending, people, text, ended=False)
        return WITHHELD
    text = f"{override_sentence(override)}\n{NEXT}"
    if not granted:
        text += (
            "\nThe roster has changed in the meantime: removals beyond the limits need "
            f"approval. Run: reconciler approve {quoted(room)}"
        )
    _show(replace(ending, draft=override), people, text, ended=True)
    return 0 if granted else WITHHELD


def _show(
    ending: RoomEnding, people: tuple[str, ...], text: str, *, ended: bool
) -> None:
    show(
        text,
        conference=ending.draft.room,
        ended=ended,
        overrides=[override_data(ending.draft)] if ended else [],
        people=list(people),
        approved=ended and ending.approval is not None,
        by=ending.draft.who,
    )
