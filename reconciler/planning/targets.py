"""Limits plans to the targets of ``--target``.

the action                                   is
of a person named                            planned, guarded and done as ever
a silence, or a phone let off before it
  joins audible, of anybody                  planned, guarded and done as ever
any other                                    left out, and shown as left out

What is left out counts for no limit, and nobody is waited for who is not named.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.errors import SettingError
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.plan import Phase, Plan, Waiting, Withheld


class Target(Struct, frozen=True):
    """A room, or one person of it."""

    room: str
    label: str | None = None


def targets(texts: Iterable[str], rooms: Iterable[str]) -> tuple[Target, ...]:
    """The targets that *texts* name; SettingError for a room that is not declared."""
    known = frozenset(rooms)
    return tuple(_target(text, known) for text in texts)


def _target(text: str, rooms: frozenset[str]) -> Target:
    if text in rooms:
        return Target(text)
    room, slash, label = text.rpartition("/")
    if slash and label and room in rooms:
        return Target(room, label)
    declared = ", ".join(sorted(rooms)) or "none"
    raise SettingError(
        f"target {text}: no such room is declared. Rooms: {declared}. "
        "Write ROOM or ROOM/LABEL"
    )


def labels_of(room: str, found: Sequence[Target]) -> frozenset[str] | None:
    """The people of *room* whom the targets name; None for all of them."""
    mine = [target for target in found if target.room == room]
    if not mine or any(target.label is None for target in mine):
        return None
    return frozenset(target.label for target in mine if target.label)


def aimed(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items* without the actions that concern nobody who is named."""
    for item in items:
        if room.only is None or isinstance(item, Waiting) or _named(item, room.only):
            yield item


def _named(item: Action | Withheld, only: frozenset[str]) -> bool:
    match item:
        case Ring():
            return item.label in only
        case Change():
            return item.silences or item.label in only
        case Remove():
            return item.safety or item.label in only
        case Withheld():
            return item.action.label in only


def narrowed(plan: Plan, whole: Plan, only: frozenset[str]) -> Plan:
    """*plan*, made for *only*, with what it leaves out of the *whole*.

    Nobody is waited for who is not named.
    """
    actions = (*whole.actions, *(withheld.action for withheld in whole.withheld))
    return replace(
        plan,
        waiting=tuple(_unwaited(plan.waiting, only)),
        left_out=tuple(action for action in actions if not _named(action, only)),
    )


def _unwaited(waiting: Iterable[Waiting], only: frozenset[str]) -> Iterator[Waiting]:
    for wait in waiting:
        if wait.label in only:
            yield wait
        elif wait.phase is not Phase.STALLED:
            yield replace(wait, settled=True, until=None)
