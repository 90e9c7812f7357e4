"""``reconciler end``: end a room's call and keep it ended."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import click

from reconciler.bootstrap import now, person
from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.approver import require_approver
from reconciler.cli.command_settings import command_settings
from reconciler.cli.commands.approve import approval_of
from reconciler.cli.confirmation import confirmed
from reconciler.cli.effective_text import NEXT, override_sentence
from reconciler.cli.exit import UNREACHABLE, WITHHELD
from reconciler.cli.lasting_option import Lasting, lasting, lasting_options
from reconciler.cli.load_outcome import BeforeLoad, as_of
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.rooms import deciding, require, require_managed, show
from reconciler.cli.text import heading
from reconciler.engine.ports import Desired
from reconciler.engine.room.evaluate import Evaluation
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.ledger import Approval, Ledger
from reconciler.model.observation import Observation
from reconciler.planning.approval import approved_by_name, protected_labels
from reconciler.planning.describe import counted, quoted
from reconciler.planning.override import numbered, override_data
from reconciler.planning.permission import kind_of

APPROVED_SECONDS = 600.0
"""Seconds for which the removals that were shown may be carried out."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """The override, what it comes to, and the approval of what would be withheld."""

    draft: Override
    look: Evaluation
    approval: Approval | None


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
    if ending.look.plan.unknown is not None:
        echo(heading(ending.look), err=True)
        return UNREACHABLE
    people = tuple(sorted(_people(ending.look)))
    if not current().json:
        echo(_whom(room, people))
    if not yes and people and not confirmed("End the call?", "end"):
        _show(ending, people, "Not ended. Nothing was changed.", ended=False)
        return WITHHELD
    return asyncio.run(_end(room, ending, people))


async def _look(room: str, lasts: Lasting) -> _Ending:
    """What the room would come to; nothing is written."""
    of = command_settings()
    async with command_session(of, read_only=True) as shop:
        require(room, await shop.store.rooms())
        desired, ledger = (await shop.store.read([room], shop.clock()))[room]
        assert desired is not None  # noqa: S101 - the room is known
        require_managed(room, desired)
        at = shop.clock()
        draft = Override(
            0, room, OverrideVerb.END, at, lasts.end(at), person(), lasts.reason
        )
        look = await _seen(shop, draft, desired, ledger)
        return _Ending(draft, look, _approval(shop, look, lasts.reason))


async def _seen(
    shop: CommandSession, draft: Override, desired: Desired, ledger: Ledger
) -> Evaluation:
    """A look at the room as it is desired once the override counts."""
    room, at = draft.room, draft.at
    found = (await shop.store.declared([room], at))[room]
    words = (*found.overrides, *numbered([draft], found.overrides))
    before = BeforeLoad(desired, ledger, found.declaration, words)
    ended, ledger = as_of(before, at)
    survey = await shop.provider.survey([room])
    ledger = replace(ledger, approval=None, quiet_at=None)
    return await shop.evaluate(room, ended, ledger, survey)


def _approval(shop: CommandSession, look: Evaluation, reason: str) -> Approval | None:
    """An approval of what would be withheld, by who runs this; None if nothing is."""
    covered = approved_by_name(look.plan, protected_labels(look.plan))
    if not covered:
        return None
    require_approver(shop.policy, {kind_of(each.action) for each in covered})
    expires_at = shop.clock() + APPROVED_SECONDS
    why = reason or "ended by an operator"
    return approval_of(look.plan, covered, shop.account_sid, why, expires_at)


def _people(look: Evaluation) -> Iterator[str]:
    """Who is cut off: labels, and strangers by their calls."""
    if isinstance(look.observation, Observation):
        for leg in look.observation.participants:
            if leg.connected:
                yield leg.label or leg.call_sid


def _whom(room: str, people: tuple[str, ...]) -> str:
    if not people:
        return f"Nobody is connected in {room}."
    count = counted(len(people), "person", "people")
    return f"This ends the call in {room} for {count}: {', '.join(people)}."


async def _end(room: str, ending: _Ending, people: tuple[str, ...]) -> int:
    """Put the override and the approval on record, both or neither."""
    async with deciding(room) as store:
        at = now()
        made, granted = await store.end_room(
            replace(ending.draft, at=at),
            ending.approval,
            generation=ending.look.plan.generation,
            now=at,
        )
    if made is None:
        echo(f"error: {room} was released in the meantime", err=True)
        return WITHHELD
    text = f"{override_sentence(made)}\n{NEXT}"
    if not granted:
        text += (
            "\nThe roster has changed in the meantime: removals beyond the limits need "
            f"approval. Run: reconciler approve {quoted(room)}"
        )
    _show(replace(ending, draft=made), people, text, ended=True)
    return 0 if granted else WITHHELD


def _show(ending: _Ending, people: tuple[str, ...], text: str, *, ended: bool) -> None:
    show(
        text,
        conference=ending.draft.room,
        ended=ended,
        overrides=[override_data(ending.draft)] if ended else [],
        people=list(people),
        approved=ended and ending.approval is not None,
        by=ending.draft.who,
    )
