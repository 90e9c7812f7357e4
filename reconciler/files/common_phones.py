"""Phones declared by several rooms of a load."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from reconciler.files.declared_room import DeclaredRoom, Place
from reconciler.files.mapping import shown
from reconciler.model.errors import Problem, Severity
from reconciler.model.phone import normal_address
from reconciler.model.roster import RoomState

MOST: Final = 20
"""Phones that are told one by one; the rest are counted."""

_Use: TypeAlias = tuple[DeclaredRoom, str, Place]


def common_phones(rooms: Iterable[DeclaredRoom]) -> Iterator[Problem]:
    """A warning for each phone that more than one room is to have."""
    first: dict[str, _Use] = {}
    more: dict[str, list[_Use]] = {}
    for room in rooms:
        for address, use in _uses(room):
            before = first.setdefault(address, use)
            if before[0] is not room:
                more.setdefault(address, []).append(use)
    for count, (address, uses) in enumerate(more.items()):
        if count < MOST:
            yield _warning(first[address], uses)
    if len(more) > MOST:
        message = f"{len(more) - MOST} more phones are in several rooms"
        yield Problem("", 0, 0, message, severity=Severity.WARNING)


def _uses(room: DeclaredRoom) -> Iterator[tuple[str, _Use]]:
    declaration = room.declaration
    if declaration is None or declaration.roster.state is RoomState.ENDED:
        return
    members = declaration.roster.members
    for member, place in zip(members, room.places, strict=True):
        to = member.to
        address = to if to[:1] == "+" else normal_address(to)
        yield address, (room, member.label, place)


def _warning(first: _Use, uses: list[_Use]) -> Problem:
    room, label, place = first
    _, other, (file, line, column) = uses[0]
    where = "{}:{}:{}".format(*place)
    message = (
        f"{shown(other)} has the phone of {shown(label)} in room {shown(room.name)} "
        f"({where})"
    )
    rooms = {declared_room.name for declared_room, _, _ in uses[1:]} - {uses[0][0].name}
    if rooms:
        message += (
            f"; {len(rooms)} more {'room has' if len(rooms) == 1 else 'rooms have'} it"
        )
    hint = (
        "each room calls the phone, one call after the other; remove it from one of "
        "them, or answer both"
    )
    return Problem(file, line, column, message, hint=hint, severity=Severity.WARNING)
