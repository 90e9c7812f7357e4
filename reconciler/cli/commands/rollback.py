"""``reconciler rollback`` and ``unpin``: an earlier generation, and the file again."""

import asyncio
from typing import Any

import click
from msgspec import Struct

from reconciler.bootstrap import now, person
from reconciler.cli.command_settings import command_settings
from reconciler.cli.confirmation import confirmed
from reconciler.cli.decision_session import deciding, show
from reconciler.cli.difference_text import difference_lines, differences_data
from reconciler.cli.effective_text import NEXT
from reconciler.cli.generations import compared, counting, require_generation
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.reason_option import reason_option
from reconciler.engine.desired_room import Desired
from reconciler.files.policy_file import load_policy
from reconciler.model.declaration import Declaration
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import WITHHELD
from reconciler.model.masking import mask
from reconciler.operations.effective_data import pin_data
from reconciler.operations.evaluated_room import require_managed
from reconciler.planning.comparison import Compared, compare
from reconciler.planning.describe import quoted
from reconciler.planning.effective import effective
from reconciler.planning.override import Difference
from reconciler.planning.roster_faults import roster_faults
from reconciler.store.queries.declaration_document import declaration_digest
from reconciler.store.queries.effective_rosters import Declared
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from reconciler.store.queries.revision_row import Revision
from reconciler.store.store import SqlStore

SHOWN = 20
"""Changes that are listed one by one."""


class _AlreadyDeclared(Struct, frozen=True):
    """A room that is declared as in the generation asked for.

    ``differs`` says that other members or states count than then, ``overridden`` that
    overrides count now.
    """

    differs: bool
    overridden: bool


class _Room(Struct, frozen=True):
    """A managed room, and what is declared of it at ``at``."""

    desired: Desired
    found: Declared
    at: float

    def becomes(self, declaration: Declaration) -> tuple[Difference, ...]:
        """What differs once *declaration* is declared, overrides on top."""
        roster = effective(declaration, self.found.overrides, self.at).roster
        before = counting(self.desired, self.found, self.at)
        return compare(before, Compared(roster, declaration))

    def beside(self, revision: Revision) -> _AlreadyDeclared:
        """How what counts now compares with a generation declared like it."""
        before = counting(self.desired, self.found, self.at)
        differs = bool(compare(before, compared(revision)))
        return _AlreadyDeclared(differs, bool(self.found.overrides))


@click.command()
@click.argument("room")
@click.option(
    "--to",
    "generation",
    type=click.IntRange(1),
    metavar="N",
    required=True,
    help="The generation to restore; 'reconciler history ROOM' lists them.",
)
@reason_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def rollback(room: str, *, generation: int, reason: str | None, yes: bool) -> int:
    """Declare an earlier generation of ROOM again, as a new generation.

    It is pinned: it is in force until the roster file changes or 'reconciler unpin
    ROOM'. Loading the unchanged file does not undo it. Overrides stay on top, and
    limits apply as to an edited file. Shows what changes, and asks.
    """
    wanted = Rollback(room, generation, person(), reason or "")
    changes = asyncio.run(_planned(wanted))
    if isinstance(changes, _AlreadyDeclared):
        _show(_nothing_to_do(wanted, changes), wanted, (), made=None)
        return 0
    if not current().json:
        echo(f"Rollback of {room} to generation {generation}:")
        _list(changes, f"reconciler diff {quoted(f'{room}@{generation}')}")
    if not yes and not confirmed("Roll back?", "roll back"):
        _show("Not rolled back. Nothing was changed.", wanted, (), made=None)
        return WITHHELD
    return asyncio.run(_roll_back(wanted, changes))


def _nothing_to_do(wanted: Rollback, declared: _AlreadyDeclared) -> str:
    text = (
        f"Nothing to do: {wanted.room} is declared as in generation "
        f"{wanted.generation}."
    )
    if declared.differs:
        text += (
            "\nOther members or states count than in that generation: overrides and the "
            "schedule are not rolled back."
        )
    if declared.differs and declared.overridden:
        text += f" To end the overrides: reconciler unset {quoted(wanted.room)} --all"
    return text


async def _planned(wanted: Rollback) -> tuple[Difference, ...] | _AlreadyDeclared:
    """What a rollback changes, or that it is declared like that already."""
    async with deciding(wanted.room) as store:
        room = await _read(store, wanted.room)
        revisions = await store.revisions(wanted.room)
        revision = require_generation(wanted.room, wanted.generation, revisions)
        declared = declaration_digest(room.found.declaration)
        if declaration_digest(revision.declaration) == declared:
            return room.beside(revision)
        _require_policy(wanted, revision.declaration)
        return room.becomes(revision.declaration)


def _require_policy(wanted: Rollback, declaration: Declaration) -> None:
    """SettingError if no file could declare this under the policy of today."""
    policy = load_policy(command_settings().policy)
    faults = list(roster_faults(declaration.roster, policy))
    if faults:
        more = f" (and {len(faults) - 1} more)" if faults[1:] else ""
        raise SettingError(
            f"the policy does not allow generation {wanted.generation} of "
            f"'{wanted.room}': {mask(faults[0])}{more}. Edit the roster file instead"
        )


async def _read(store: SqlStore, name: str) -> _Room:
    """A room that is managed; SettingError if it is paused or released."""
    at = now()
    desired = await store.desired(name, at)
    assert desired is not None  # noqa: S101 - the room is known
    require_managed(name, desired)
    return _Room(desired, (await store.declared([name], at))[name], at)


async def _roll_back(wanted: Rollback, changes: tuple[Difference, ...]) -> int:
    async with deciding(wanted.room) as store:
        made = await store.rollback(wanted, now())
        desired = await store.desired(wanted.room, now())
    if made is None or desired is None:
        raise SettingError(f"'{wanted.room}' changed meanwhile: run the command again")
    holds = (
        "It is what the file declares; nothing is pinned."
        if desired.pin is None
        else "It is pinned until the file changes, or: reconciler unpin "
        f"{quoted(wanted.room)}"
    )
    text = (
        f"{wanted.room}: rolled back to generation {wanted.generation}, as generation "
        f"{made}.\n{holds}\n{NEXT}"
    )
    _show(text, wanted, changes, made=made, pinned=pin_data(desired.pin))
    return 0


def _list(changes: tuple[Difference, ...], more: str) -> None:
    if not changes:
        echo("  No change now: an override, or the schedule, counts.")
    for line in difference_lines(changes, SHOWN, more):
        echo(f"  {line}")


def _show(
    text: str,
    wanted: Rollback,
    changes: tuple[Difference, ...],
    *,
    made: int | None,
    pinned: dict[str, Any] | None = None,
) -> None:
    show(
        text,
        conference=wanted.room,
        restored=wanted.generation,
        changed=made is not None,
        generation=made,
        pinned=pinned,
        differences=differences_data(changes),
        by=wanted.who,
        reason=wanted.reason,
    )


@click.command()
@click.argument("room")
@reason_option
@click.option("--yes", is_flag=True, help="Accepted for scripts: unpin never asks.")
def unpin(room: str, *, reason: str | None, yes: bool) -> None:  # noqa: ARG001
    """Let the roster file of ROOM count again after 'reconciler rollback'.

    What the file declared when it was loaded last becomes a new generation. Limits
    apply as to an edited file. It does not ask.
    """
    asyncio.run(_unpin(room, reason or ""))


async def _unpin(name: str, reason: str) -> None:
    who = person()
    async with deciding(name) as store:
        room = await _read(store, name)
        made = await store.unpin(Decision(name, room.at, who, reason))
        after = (await store.declared([name], room.at))[name]
    changes = room.becomes(after.declaration) if made else ()
    pin = room.found.pin
    if made is None or pin is None:
        text = f"Nothing is pinned in {name}: its file counts."
    else:
        text = (
            f"{name}: generation {pin.generation} is no longer pinned. The file "
            f"counts again, as generation {made}.\n{NEXT}"
        )
        if not current().json:
            before = quoted(f"{name}@{made - 1}")
            _list(changes, f"reconciler diff {before} {quoted(f'{name}@{made}')}")
    show(
        text,
        conference=name,
        changed=made is not None,
        generation=made,
        differences=differences_data(changes),
        by=who,
        reason=reason,
    )
