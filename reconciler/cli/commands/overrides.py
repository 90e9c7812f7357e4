"""``reconciler set``, ``mode`` …: overrides of a roster with an end; each recorded as an event."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from reconciler.bootstrap import now, person
from reconciler.cli.approver import require_approver
from reconciler.cli.command_settings import command_settings
from reconciler.cli.effective_text import NEXT, override_sentence
from reconciler.cli.lasting_option import Lasting, lasting, lasting_options
from reconciler.cli.override_field import parse_fields, parted, require_state_field
from reconciler.cli.rooms import (
    deciding,
    require_label,
    require_managed,
    show,
)
from reconciler.files.policy_file import load_policy
from reconciler.model.declaration import NORMAL, Declaration, Override, OverrideVerb
from reconciler.model.errors import SettingError
from reconciler.model.roster import Roster
from reconciler.planning.describe import counted, quoted
from reconciler.planning.effective import STATE_FIELDS, effective, superseded
from reconciler.planning.override import (
    Difference,
    differences,
    exposed,
    numbered,
    override_data,
    words_of,
)
from reconciler.store.queries.restating import Declared
from reconciler.store.store import SqlStore

SHOWN = 10
"""Changes that are listed one by one."""


@click.command("set")
@click.argument("room")
@click.argument("words", metavar="LABEL... FIELD=VALUE...", nargs=-1, required=True)
@lasting_options
def set_(room: str, words: tuple[str, ...], **lasts: Any) -> None:
    """Declare state fields of each LABEL in ROOM otherwise than the file does.

    FIELD is muted, hold, coaching or end_conference_on_exit. The override counts
    until it ends (--for, --until) or is taken back (reconciler unset); then the file
    counts again, silence first.
    """

    def drafts(declared: Declaration, blank: Override) -> Iterator[Override]:
        labels, texts = parted(words, declared.roster)
        _require_labels(labels, declared.roster)
        for label in labels:
            for each in parse_fields(texts, label, declared.roster):
                yield replace(
                    blank, verb=OverrideVerb.SET, labels=(label,), fields=(each,)
                )

    _declare(room, lasting(**lasts), lambda *given: list(drafts(*given)))


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
    """Mute everybody in ROOM, people whom no member matches too."""
    _declare(room, lasting(**lasts), _of_labels(OverrideVerb.MUTE_ALL, exempt))


@click.command()
@click.argument("room")
@click.argument("labels", metavar="LABEL...", nargs=-1, required=True)
@lasting_options
def only(room: str, labels: tuple[str, ...], **lasts: Any) -> None:
    """Put everybody in ROOM on hold but each LABEL, who is taken off hold."""
    _declare(room, lasting(**lasts), _of_labels(OverrideVerb.ONLY, labels))


@click.command()
@click.argument("room")
@click.argument("name")
@lasting_options
def mode(room: str, name: str, **lasts: Any) -> None:
    """Put ROOM into the mode NAME, whatever its schedule says."""

    def draft(declared: Declaration, blank: Override) -> list[Override]:
        known = sorted({NORMAL, *(each.name for each in declared.modes)})
        if name not in known:
            raise SettingError(
                f"'{room}' has no mode '{name}': write one of {', '.join(known)}, or "
                "declare it under modes: in the roster file"
            )
        return [replace(blank, verb=OverrideVerb.MODE, mode=name)]

    _declare(room, lasting(**lasts), draft)


@click.command()
@click.argument("room")
@lasting_options
def start(room: str, **lasts: Any) -> None:
    """Open ROOM although its file, its schedule or a person ended it."""
    _declare(room, lasting(**lasts), _of_labels(OverrideVerb.START, ()))


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
def unset(
    room: str,
    label: str | None,
    fields: tuple[str, ...],
    *,
    everything: bool,
    verbs: tuple[str, ...],
) -> None:
    """Take back overrides of ROOM: those of LABEL, or of some of its fields."""
    if sum((label is not None, everything, bool(verbs))) != 1:
        raise click.UsageError(
            "say what to remove: LABEL, --all, or --verb such as --verb mute-all"
        )
    for field in fields:
        require_state_field(field)

    def chosen(each: Override) -> bool:
        if label is None:
            return everything or str(each.verb) in verbs
        mine = each.verb is OverrideVerb.SET and each.labels == (label,)
        return mine and (not fields or each.fields[0][0] in fields)

    asyncio.run(_unset(room, label, chosen))


def _of_labels(
    verb: OverrideVerb, labels: tuple[str, ...]
) -> Callable[[Declaration, Override], list[Override]]:
    def draft(declared: Declaration, blank: Override) -> list[Override]:
        _require_labels(labels, declared.roster)
        return [replace(blank, verb=verb, labels=tuple(sorted(set(labels))))]

    return draft


def _require_labels(labels: Iterable[str], roster: Roster) -> None:
    for label in labels:
        require_label(label, roster)


Drafts = Callable[[Declaration, Override], list[Override]]
"""Makes overrides of a blank one, or refuses: SettingError."""


@dataclass(frozen=True, slots=True)
class OverrideChange:
    """What a command makes of a room: overrides made or taken back, and what follows."""

    made: tuple[Override, ...]
    ended: tuple[Override, ...]
    differences: tuple[Difference, ...]


def _declare(room: str, lasts: Lasting, drafts: Drafts) -> None:
    change = asyncio.run(_made(room, lasts, drafts))
    lines = [override_sentence(each) for each in change.made]
    lines += [f"Replaces: {words_of(x)}." for x in change.ended]
    _show(room, change, lines)


async def _made(room: str, lasts: Lasting, drafts: Drafts) -> OverrideChange:
    at, who = now(), person()
    blank = Override(0, room, OverrideVerb.START, at, lasts.end(at), who, lasts.reason)
    async with deciding(room) as store:
        found = await read_managed(store, room, at)
        wanted = numbered(drafts(found.declaration, blank), found.overrides)
        before = effective(found.declaration, found.overrides, at).roster
        after = effective(found.declaration, (*found.overrides, *wanted), at).roster
        _require_permission(before, after)
        made = await store.add_overrides([replace(x, id=0) for x in wanted], at)
        if not made:
            raise SettingError(f"'{room}' was released in the meantime")
        older = found.overrides
        ended = {x.id: x for new in made for x in superseded(older, new)}
        return OverrideChange(made, tuple(ended.values()), differences(before, after))


async def read_managed(store: SqlStore, room: str, at: float) -> Declared:
    """What is declared of *room*; SettingError if nothing of it is carried out."""
    desired = await store.desired(room, at)
    if desired is not None:
        require_managed(room, desired)
    return (await store.declared([room], at))[room]


def _require_permission(before: Roster, after: Roster) -> None:
    """Whoever exposes more people than an edit may needs the policy's approval."""
    if len(exposed(before, after)) > after.limits.exposures:
        of = command_settings()
        require_approver(load_policy(of.policy), {"exposures"})


async def _unset(
    room: str, label: str | None, chosen: Callable[[Override], bool]
) -> None:
    at, who = now(), person()
    async with deciding(room) as store:
        found = await read_managed(store, room, at)
        going = [each for each in found.overrides if chosen(each)]
        if not going and label is not None:
            require_label(label, found.declaration.roster)
        left = [each for each in found.overrides if each not in going]
        before = effective(found.declaration, found.overrides, at).roster
        after = effective(found.declaration, left, at).roster
        _require_permission(before, after)
        ids = [each.id for each in going]
        ended = await store.end_overrides(room, ids, now=at, cause=who)
    lines = [f"{room}: removed override: {words_of(each)}." for each in ended]
    if not ended:
        show(
            f"{room} has no such override.",
            conference=room,
            changed=False,
            overrides=[],
            changes=[],
            by=who,
        )
        return
    _show(room, OverrideChange((), ended, differences(before, after)), lines)


def _undeclared(room: str, changes: Sequence[Difference]) -> Iterator[str]:
    """What stays set once an override has ended, as the roster does not declare it."""
    for field in STATE_FIELDS:
        mine = [each for each in changes if each.label and each.field == field]
        begins = [each.label for each in mine if each.before is None and each.after]
        ended = [each.label for each in mine if each.after is None and each.before]
        if begins:
            yield _stays(room, field, begins, "when the override ends", " then")
        if ended:
            yield _stays(room, field, ended, "although the override has ended", "")


def _stays(room: str, field: str, labels: Sequence[str], when: str, then: str) -> str:
    names = " ".join(map(quoted, labels))
    return (
        f"The roster does not declare {field} of {names}: it stays as set {when}. "
        f"To end it{then}: reconciler set {quoted(room)} {names} {field}=false"
    )


def _show(room: str, change: OverrideChange, lines: list[str]) -> None:
    changes = change.differences
    if changes:
        lines += [f"  {each.text}" for each in changes[:SHOWN]]
        if len(changes) > SHOWN:
            rest = counted(len(changes) - SHOWN, "change", "changes")
            lines.append(f"  and {rest} more: reconciler status {quoted(room)}")
        lines.append(NEXT)
        lines += _undeclared(room, changes)
    else:
        lines.append("No changes: the room is already declared like that.")
    show(
        "\n".join(lines),
        conference=room,
        changed=bool(changes),
        overrides=[override_data(each) for each in change.made],
        ended=[override_data(each) for each in change.ended],
        changes=[each.data for each in changes],
        by=person(),
    )
