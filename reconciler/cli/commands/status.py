"""``reconciler status``: desired and observed state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap.command_session import command_session
from reconciler.bootstrap.main_task import result_of
from reconciler.bootstrap.record_session import record_session
from reconciler.cli.command_settings import command_settings
from reconciler.cli.json_output import numbers_option
from reconciler.cli.parameter_object import taking
from reconciler.cli.refusal_text import about
from reconciler.cli.status_text import print_rooms
from reconciler.cli.status_watch import RoomSource, watch_rooms
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.exit_code import DIFFERENCES, UNREACHABLE, WITHHELD
from reconciler.operations.evaluated_room import (
    EvaluatedRoom,
    see,
    see_recorded,
)
from reconciler.settings import Settings


class StatusArguments(Struct, frozen=True):
    """The command line."""

    room: str | None
    exit_code: bool
    watch: bool
    live: bool
    recorded: bool
    audibility: bool


@click.command()
@click.argument("room", required=False)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 2 on differences, 4 if somebody must act.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Keep watching until interrupted: redraw on a terminal, else print changes.",
)
@click.option("--live", is_flag=True, help="Ask Twilio about every room.")
@click.option(
    "--recorded",
    is_flag=True,
    help="Read the last observation from the database; never ask Twilio.",
)
@click.option(
    "--audibility", is_flag=True, help="Show who hears whom in each conference."
)
@numbers_option
@taking(StatusArguments)
def status(arguments: StatusArguments) -> int:
    """Show every room that was loaded, or one: each member as declared and as seen.

    A room that a daemon observes is read from the database, with the age of the
    observation; the others are read from Twilio. Writes nothing.
    """
    if arguments.live and arguments.recorded:
        raise click.UsageError("--live asks Twilio and --recorded does not: use one")
    of = command_settings()

    async def run() -> list[EvaluatedRoom]:
        async with _source(
            of, live=arguments.live, recorded=arguments.recorded
        ) as source:
            if arguments.watch:
                await watch_rooms(
                    replace(source, matrix=arguments.audibility), arguments.room
                )
                return []
            rooms = await source.see(arguments.room)
            refusals = about(await source.store.refusals(), arguments.room)
            print_rooms(rooms, source.clock(), refusals, matrix=arguments.audibility)
            return rooms

    return _code(result_of(run()), exit_code=arguments.exit_code)


@asynccontextmanager
async def _source(
    of: Settings, *, live: bool, recorded: bool
) -> AsyncIterator[RoomSource]:
    if recorded:
        async with record_session(of) as record:
            seeing = partial(see_recorded, record)
            yield RoomSource(record.store, record.clock, seeing, of.calls_per_second)
        return
    async with command_session(of, read_only=True) as shop:
        seeing = partial(see, shop, live=live)
        yield RoomSource(shop.store, shop.clock, seeing, of.calls_per_second)


def _code(rooms: list[EvaluatedRoom], *, exit_code: bool) -> int:
    states = {evaluated.evaluation.state for evaluated in rooms}
    if RoomPhase.UNKNOWN in states:
        return UNREACHABLE
    if not exit_code:
        return 0
    if RoomPhase.STALLED in states:
        return WITHHELD
    return DIFFERENCES if RoomPhase.CONVERGING in states else 0
