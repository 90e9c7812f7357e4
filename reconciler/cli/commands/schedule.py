"""``reconciler schedule``: when a room changes by its schedule, and how."""

import asyncio
from collections.abc import Sequence

import click

from reconciler.bootstrap import now
from reconciler.bootstrap.zone_data import zone_data
from reconciler.cli.agenda_text import Agenda, agenda_data, agenda_lines, timezone_of
from reconciler.cli.command_settings import command_settings
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.roster_load import load_files
from reconciler.model.declaration import Declaration
from reconciler.model.errors import SettingError
from reconciler.planning.agenda import agenda
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.planning.timezone import zone
from reconciler.settings import Settings
from reconciler.store.opening import open_reader
from reconciler.store.queries.effective_rosters import Declared

_DAY_SECONDS = 86400.0


@click.command()
@click.argument("room")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=7,
    show_default=True,
    help="How many days to list.",
)
@click.option(
    "--timezone",
    metavar="NAME",
    help="Time zone of local times (default: the first that the schedule names).",
)
def schedule(
    room: str, paths: tuple[str, ...], *, days: int, timezone: str | None
) -> None:
    """Show when ROOM changes: its mode, its state, who is declared and how.

    Shows what was loaded or pinned, or with PATH what these files declare; overrides
    count until they end. Reads the database; Twilio is not asked, nothing is written.
    """
    of = command_settings()
    at = now()
    stored = asyncio.run(_stored(of, room, at))
    overrides = stored.overrides if stored else ()
    source = "as these files declare it" if paths else _source(stored)
    loaded = stored.declaration if stored else None
    declaration = _named(room, paths, of) if paths else loaded
    if declaration is None:
        raise SettingError(
            f"room '{room}' does not exist. To read roster files instead: "
            f"reconciler schedule {room} PATH"
        )
    name = timezone or timezone_of(declaration)
    zone(name)
    end = at + days * _DAY_SECONDS
    entries = tuple(agenda(declaration, overrides, at, end))
    _print(Agenda(room, entries, end, name, source))


def _source(stored: Declared | None) -> str:
    pin = stored.pin if stored else None
    return "as loaded" if pin is None else f"pinned to generation {pin.generation}"


async def _stored(of: Settings, room: str, at: float) -> Declared | None:
    """What is declared of the room, and the overrides that stand."""
    async with await open_reader(of.database_url) as store:
        return (await store.declared([room], at)).get(room)


def _named(room: str, paths: Sequence[str], of: Settings) -> Declaration:
    declared = {
        declaration.room: declaration
        for declaration in load_files(paths, of).declarations
    }
    if room not in declared:
        known = ", ".join(declared) or "none"
        raise SettingError(f"these files declare no room '{room}' (rooms: {known})")
    return declared[room]


def _print(found: Agenda) -> None:
    if current().json:
        data = {"format_version": FORMAT_VERSION, "time_zone_data": zone_data().data()}
        print_json({**data, **agenda_data(found)})
        return
    for line in agenda_lines(found):
        echo(line)
