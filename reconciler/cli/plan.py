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
from reconciler.engine.ports import Desired, Standing
from reconciler.files import Loading
from reconciler.model.roster import Roster
from reconciler.planning.plan import Phase
from reconciler.planning.render import plan_data, plans_data
from reconciler.planning.suppose import suppose
from reconciler.planning.words import quoted


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
        desired = _as_loaded(stored, roster)
        if desired is not stored:
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


def _as_loaded(stored: Desired | None, roster: Roster) -> Desired:
    """The room as a load of *roster* would leave it: *stored* if it changes nothing.

    A room whose file returns is managed again, a pause stands.
    """
    if stored is None:
        return Desired(roster, 1)
    same = replace(stored.roster, source="") == replace(roster, source="")
    returns = stored.standing is Standing.RELEASED and stored.released_by is None
    if same and not returns:
        return stored
    standing = Standing.MANAGED if stored.paused_by is None else Standing.PAUSED
    return replace(
        stored,
        roster=roster,
        generation=stored.generation + 1,
        standing=standing,
        released_by=None,
    )


def _print(looks: list[Look]) -> None:
    converged = all(each.state is RoomPhase.CONVERGED for each in looks)
    if current().json:
        rooms = [plan_data(each.plan, str(each.state)) for each in looks]
        click.echo(json.dumps(plans_data(rooms, converged=converged)))
        return
    for each in looks:
        for line in plan_lines(each):
            click.echo(line, color=current().color)
    click.echo(_conclusion(looks) if converged else _summary(looks))


def _conclusion(looks: list[Look]) -> str:
    """What is to be said where nothing is to be done."""
    left = [
        f"{_left(each)} of {len(each.plan.people)} people have left {each.room}; "
        f"to call them again: reconciler redial {quoted(each.room)} --left"
        for each in looks
        if _left(each)
    ]
    return " ".join(["No changes.", *left]) if left else "Everything is as declared."


def _left(look: Look) -> int:
    return sum(each.phase is Phase.LEFT for each in look.plan.people)


def _summary(looks: list[Look]) -> str:
    return f"Plan: {summary(each.plan for each in looks)}."


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
