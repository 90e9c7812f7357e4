"""``reconciler set``, ``mode`` …: overrides of a roster with an end; each recorded as an event."""

import asyncio
from collections.abc import Callable
from typing import Any

import click
from msgspec import Struct

from reconciler.bootstrap import now, person
from reconciler.bootstrap.environment import operator
from reconciler.cli.command_settings import command_settings
from reconciler.cli.decision_session import deciding, show
from reconciler.cli.effective_text import NEXT, override_sentence
from reconciler.cli.lasting_option import lasting, lasting_options
from reconciler.cli.parameter_object import taking
from reconciler.cli.reason_option import reason_option
from reconciler.files.policy_file import load_policy
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.policy import Policy
from reconciler.operations.override_change import (
    Drafts,
    Lasting,
    OverrideChange,
    OverrideRequest,
    end_overrides,
    label_drafts,
    make_overrides,
    mode_drafts,
    plan_overrides,
    plan_unset,
    set_drafts,
    undeclared,
)
from reconciler.operations.override_field import require_state_field
from reconciler.operations.requester import Operator
from reconciler.planning.describe import counted, quoted
from reconciler.planning.override import override_data, words_of

SHOWN = 10
"""Changes that are listed one by one."""


@click.command("set")
@click.argument("room")
@click.argument("words", metavar="LABEL... FIELD=VALUE...", nargs=-1, required=True)
@lasting_options
def set_(room: str, words: tuple[str, ...], **lasts: Any) -> None:
    """Override state fields of each LABEL in ROOM.

    FIELD is muted, hold, coaching or end_conference_on_exit. The override applies
    until it ends (--for, --until) or is taken back (reconciler unset); then the file
    applies again, mutes and holds first.
    """
    _declare(room, lasting(**lasts), set_drafts(words))


@click.command("mute-all")
@click.argument("room")
@click.option(
    "--except",
    "exempt",
    metavar="LABEL",
    multiple=True,
    help="Members who stay as declared.",
)
@lasting_options
def mute_all(room: str, exempt: tuple[str, ...], **lasts: Any) -> None:
    """Mute everybody in ROOM, including unlisted participants."""
    _declare(room, lasting(**lasts), label_drafts(OverrideVerb.MUTE_ALL, exempt))


@click.command()
@click.argument("room")
@click.argument("labels", metavar="LABEL...", nargs=-1, required=True)
@lasting_options
def only(room: str, labels: tuple[str, ...], **lasts: Any) -> None:
    """Put everybody in ROOM on hold except each LABEL; take those off hold."""
    _declare(room, lasting(**lasts), label_drafts(OverrideVerb.ONLY, labels))


@click.command()
@click.argument("room")
@click.argument("name")
@lasting_options
def mode(room: str, name: str, **lasts: Any) -> None:
    """Put ROOM into the mode NAME, whatever its schedule says."""
    _declare(room, lasting(**lasts), mode_drafts(room, name))


@click.command()
@click.argument("room")
@lasting_options
def start(room: str, **lasts: Any) -> None:
    """Open ROOM although its file, its schedule or a person ended it."""
    _declare(room, lasting(**lasts), label_drafts(OverrideVerb.START, ()))


class UnsetArguments(Struct, frozen=True):
    """The command line."""

    room: str
    label: str | None
    fields: tuple[str, ...]
    everything: bool
    verbs: tuple[str, ...]
    reason: str | None


@click.command()
@click.argument("room")
@click.argument("label", required=False)
@click.argument("fields", metavar="[FIELD...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every override of the room.")
@click.option(
    "--verb",
    "verbs",
    multiple=True,
    type=click.Choice(
        sorted(str(x) for x in OverrideVerb if x is not OverrideVerb.SET)
    ),
    help="Overrides of this kind.",
)
@reason_option
@taking(UnsetArguments)
def unset(arguments: UnsetArguments) -> None:
    """Take back overrides of ROOM: those of LABEL, or of some of its fields."""
    if (
        sum((arguments.label is not None, arguments.everything, bool(arguments.verbs)))
        != 1
    ):
        raise click.UsageError(
            "say what to remove: LABEL, --all, or --verb such as --verb mute-all"
        )
    for field in arguments.fields:
        require_state_field(field)

    def chosen(each: Override) -> bool:
        if arguments.label is None:
            return arguments.everything or str(each.verb) in arguments.verbs
        mine = each.verb is OverrideVerb.SET and each.labels == (arguments.label,)
        return mine and (not arguments.fields or each.fields[0][0] in arguments.fields)

    asyncio.run(
        _unset(arguments.room, arguments.label, chosen, operator(arguments.reason))
    )


def _declare(room: str, lasts: Lasting, drafts: Drafts) -> None:
    change = asyncio.run(_made(room, lasts, drafts))
    lines = [override_sentence(override) for override in change.made]
    lines += [f"Replaces: {words_of(x)}." for x in change.ended]
    _show(room, change, lines)


async def _made(room: str, lasts: Lasting, drafts: Drafts) -> OverrideChange:
    async with deciding(room) as store:
        request = OverrideRequest(room, operator(), _policy, now())
        plan = await plan_overrides(store, request, drafts, lasts)
        return await make_overrides(store, plan)


def _policy() -> Policy:
    return load_policy(command_settings().policy)


async def _unset(
    room: str,
    label: str | None,
    chosen: Callable[[Override], bool],
    who: Operator,
) -> None:
    async with deciding(room) as store:
        request = OverrideRequest(room, who, _policy, now())
        plan = await plan_unset(store, request, chosen, label)
        change = await end_overrides(store, plan, who)
    lines = [
        f"{room}: removed override: {words_of(override)}." for override in change.ended
    ]
    if not change.ended:
        show(
            f"{room} has no such override.",
            conference=room,
            changed=False,
            overrides=[],
            ended=[],
            changes=[],
            by=person(),
        )
        return
    _show(room, change, lines)


def _show(room: str, change: OverrideChange, lines: list[str]) -> None:
    changes = change.differences
    if changes:
        lines += [f"  {difference.text}" for difference in changes[:SHOWN]]
        if len(changes) > SHOWN:
            rest = counted(len(changes) - SHOWN, "change", "changes")
            lines.append(f"  and {rest} more: reconciler status {quoted(room)}")
        lines.append(NEXT)
        lines += undeclared(changes)
    else:
        lines.append("No changes: the room is already declared like that.")
    show(
        "\n".join(lines),
        conference=room,
        changed=bool(changes),
        overrides=[override_data(override) for override in change.made],
        ended=[override_data(override) for override in change.ended],
        changes=[difference.data for difference in changes],
        by=person(),
    )
