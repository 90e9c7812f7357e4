"""``reconciler status``: what is desired beside what is so."""

import asyncio
import json
from collections.abc import Iterator

import click

from reconciler.bootstrap import Workshop, settings, workshop
from reconciler.cli.failure import DIFFERENCES, UNREACHABLE, WITHHELD
from reconciler.cli.options import current
from reconciler.cli.show import heading, leg_words, person_state, withheld_line
from reconciler.engine.reconcile import Look, RoomPhase, look
from reconciler.model.errors import SettingError
from reconciler.planning.render import FORMAT_VERSION, in_sync, status_data


@click.command()
@click.argument("room", required=False)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 2 if something is not as declared, 4 if a person must act.",
)
def status(room: str | None, *, exit_code: bool) -> int:
    """Show every room that was loaded, or one: each member as declared and as seen.

    Reads the database and Twilio; writes nothing.
    """
    options = current()
    of = settings(database_url=options.database_url, twilio_url=options.twilio_url)

    async def run() -> tuple[list[Look], float]:
        async with workshop(of, read_only=True) as shop:
            return await _looks(shop, room), shop.clock()

    looks, now = asyncio.run(run())
    if options.json:
        rooms = [status_data(each.plan, str(each.state)) for each in looks]
        click.echo(json.dumps({"format_version": FORMAT_VERSION, "rooms": rooms}))
    else:
        for line in _lines(looks, now):
            click.echo(line, color=options.color)
    return _code(looks, exit_code=exit_code)


async def _looks(shop: Workshop, room: str | None) -> list[Look]:
    rooms = await shop.store.rooms()
    if room is not None and room not in rooms:
        known = ", ".join(rooms) or "none; 'reconciler sync' loads rosters"
        raise SettingError(f"no room called '{room}' was ever loaded (known: {known})")
    names = rooms if room is None else (room,)
    survey = await shop.provider.survey(names)
    return [
        await look(
            name,
            await shop.store.desired(name, shop.clock()),
            await shop.store.ledger(name, shop.clock()),
            provider=shop.provider,
            conference=survey if isinstance(survey, str) else survey.get(name),
            clock=shop.clock,
        )
        for name in names
    ]


def _lines(looks: list[Look], now: float) -> Iterator[str]:
    if not looks:
        yield "No rooms yet: 'reconciler sync' loads the rosters in desired/."
    for each in looks:
        yield heading(each)
        for person in each.plan.people:
            mark = " " if in_sync(person.member.label, each.plan) else "*"
            yield f" {mark} {person.member.label:<16} {person_state(person, now)}"
        for leg in each.plan.unlisted:
            name = leg.label or leg.call_sid
            yield f"   {name:<16} not in the roster: {', '.join(leg_words(leg)) or leg.status}"
        for withheld in each.plan.withheld:
            yield withheld_line(withheld.action, withheld.guard, withheld.reason)


def _code(looks: list[Look], *, exit_code: bool) -> int:
    if any(each.state is RoomPhase.UNKNOWN for each in looks):
        return UNREACHABLE
    if not exit_code:
        return 0
    if any(each.state is RoomPhase.STALLED for each in looks):
        return WITHHELD
    moving = any(each.state is RoomPhase.CONVERGING for each in looks)
    return DIFFERENCES if moving else 0
