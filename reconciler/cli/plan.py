"""``reconciler plan``: what sync would do, and nothing written anywhere."""

import asyncio
import json
from dataclasses import replace

import click

from reconciler.bootstrap import settings
from reconciler.bootstrap.workshop import Workshop, workshop
from reconciler.cli.failure import DIFFERENCES, UNREACHABLE, WITHHELD
from reconciler.cli.loading import load_files
from reconciler.cli.options import current
from reconciler.cli.show import plan_lines, summary
from reconciler.engine.look import Look, RoomPhase, look
from reconciler.engine.ports import Desired
from reconciler.files import Loading
from reconciler.planning.render import plan_data, plans_data
from reconciler.planning.suppose import suppose


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 2 if there are differences, 4 if some are withheld.",
)
def plan(paths: tuple[str, ...], *, exit_code: bool) -> int:
    """Show what sync would do with these files (default: the folder desired/).

    Reads the files, the database and Twilio. Nothing is written: not to SQL,
    and the HTTP client refuses every method but GET.
    """
    options = current()
    of = settings(database_url=options.database_url, twilio_url=options.twilio_url)
    loading = load_files(paths, of.desired)

    async def run() -> list[Look]:
        async with workshop(of, read_only=True) as shop:
            return await _looks(shop, loading)

    looks = asyncio.run(run())
    _print(looks)
    return _code(looks, exit_code=exit_code)


async def _looks(shop: Workshop, loading: Loading) -> list[Look]:
    rooms = [roster.room for roster in loading.rosters]
    survey = await shop.provider.survey(rooms)
    looks: list[Look] = []
    for roster in loading.rosters:
        now = shop.clock()
        stored = await shop.store.desired(roster.room, now)
        ledger = await shop.store.ledger(roster.room, now)
        desired = stored
        if stored is None or replace(stored.roster, source="") != replace(
            roster, source=""
        ):
            desired = Desired(roster, stored.generation + 1 if stored else 1)
            ledger = suppose(stored.roster if stored else None, roster, ledger, now)
        conference = survey if isinstance(survey, str) else survey.get(roster.room)
        looks.append(
            await look(
                roster.room,
                desired,
                ledger,
                provider=shop.provider,
                conference=conference,
                clock=shop.clock,
                account_sid=shop.account_sid,
            )
        )
    return looks


def _print(looks: list[Look]) -> None:
    converged = all(each.state is RoomPhase.CONVERGED for each in looks)
    if current().json:
        rooms = [plan_data(each.plan, str(each.state)) for each in looks]
        click.echo(json.dumps(plans_data(rooms, converged=converged)))
        return
    for each in looks:
        for line in plan_lines(each):
            click.echo(line, color=current().color)
    click.echo(
        "Everything is as declared."
        if converged
        else f"Plan: {summary(each.plan for each in looks)}."
    )


def _code(looks: list[Look], *, exit_code: bool) -> int:
    if any(each.state is RoomPhase.UNKNOWN for each in looks):
        return UNREACHABLE
    if not exit_code:
        return 0
    if any(each.plan.actions for each in looks):
        return DIFFERENCES
    if any(each.plan.stalled for each in looks):
        return WITHHELD
    return 0 if all(each.plan.converged for each in looks) else DIFFERENCES
