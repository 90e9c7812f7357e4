"""``reconciler apply``: carry out a plan that ``plan --out`` saved."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import click

from reconciler.bootstrap import person
from reconciler.bootstrap.account_source import named_accounts
from reconciler.bootstrap.command_session import command_session
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.event_loop import run as run_loop
from reconciler.bootstrap.preview import preview
from reconciler.bootstrap.syncing import Course
from reconciler.bootstrap.targeting import Targeting, of_account
from reconciler.cli.command_settings import command_settings
from reconciler.cli.commands.sync import concluded, synced
from reconciler.cli.json_output import print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.plan_file import (
    STREAM,
    PlanFile,
    changes_since,
    plan_file,
    read_plan_file,
)
from reconciler.cli.roster_load import load_files
from reconciler.cli.wait_options import wait_options
from reconciler.engine.room.plan_binding import PlanBinding
from reconciler.files import Loading
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import WITHHELD
from reconciler.planning.describe import quoted
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@wait_options
def apply(file: Path, *, timeout: float, no_wait: bool) -> int:
    """Carry out the plan in FILE, which 'plan --out FILE' saved; - is standard input.

    Refuses, and changes nothing, if a roster file, a room's generation, or who is
    in a room and how has changed since the plan. Then it does what 'sync' does,
    for the planned people only: calls missing members, corrects drift, removes people
    no longer listed, until the rooms are as declared. In a room that changes while the
    plan is applied, only mutes and holds are still sent.

    Exit codes: as 'sync'; 4 also if the plan no longer holds, 78 if FILE is not a
    saved plan.
    """
    saved = read_plan_file(file)
    of = _of_account(command_settings(), saved)
    loading = of_account(load_files(saved.arguments.paths, of), of.account)
    aim = Targeting.of(saved.arguments.targets, loading)
    loading = aim.loads(loading)
    found = asyncio.run(_planned_now(saved, of, loading, aim))
    if changes := list(changes_since(saved, found)):
        _refuse(file, saved, changes)
        return WITHHELD
    course = Course(
        timeout=timeout,
        once=no_wait,
        force=None,
        take_over=saved.arguments.take_over,
        quiet_seconds=of.quiet_seconds,
        read=lambda: loading,
        aim=aim,
        cause=f"sync by {person()}",
        only=saved.labels,
        bind=PlanBinding(saved.expected, saved.account),
    )
    return concluded(run_loop(synced(of, loading, course)), course)


def _of_account(of: Settings, saved: PlanFile) -> Settings:
    """The settings, narrowed to the account of the plan where there are several."""
    accounts = named_accounts(of)
    own = (x.name for x in accounts if x.settings.account_sid == saved.account)
    name = next(own, None)
    return replace(of, account=name) if name and len(accounts) > 1 else of


async def _planned_now(
    saved: PlanFile, of: Settings, loading: Loading, aim: Targeting
) -> PlanFile:
    """The same plan, made now; nothing is written."""
    async with command_session(of, read_only=True) as shop:
        if shop.account_sid != saved.account:
            raise SettingError(
                f"the plan is for account {saved.account}, and TWILIO_ACCOUNT_SID is "
                f"{shop.account_sid}. Set the credentials of that account"
            )
        loader = DesiredStateLoader(shop.store, "plan", 0.0, saved.arguments.take_over)
        await aim.check(shop, loading)
        seen = await preview(shop, loading, loader, aim.only)
        return plan_file(seen, loading, shop.account_sid, saved.arguments)


def _refuse(file: Path, saved: PlanFile, changes: list[str]) -> None:
    at = moment(saved.created_at)
    name = "FILE" if file == STREAM else quoted(str(file))
    again = " ".join(["reconciler plan", *_words(saved), "--out", name])
    message = f"The plan of {at} no longer holds; nothing was changed."
    if current().json:
        facts = {"message": message, "changes": changes, "plan_again": again}
        print_json({"format_version": FORMAT_VERSION, "applied": False, **facts})
        return
    echo(message, err=True)
    for change in changes:
        echo(f"  ! {change}", err=True)
    echo(f"To plan again: {again}", err=True)


def _words(saved: PlanFile) -> list[str]:
    """The arguments of the plan, as a shell takes them; paths from here."""
    here = Path.cwd()
    names = [os.path.relpath(path, here) for path in saved.arguments.paths]
    words = [quoted(name) for name in names]
    words += [f"--target {quoted(target)}" for target in saved.arguments.targets]
    return [*words, "--take-over"] if saved.arguments.take_over else words
