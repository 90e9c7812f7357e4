"""Names of approved actions, and which of them a later roster leaves approved.

an approval of        ends when
the end of a room     the room is open again
a removal             the person is declared again, or no longer; the parameters of
                      their call change
what is done to a     ``unlisted`` changes
  stranger
a ring                the person is no longer declared, or is declared otherwise (not
                      only muted, on hold or coaching)
an exposure           the person is no longer declared, or muted, hold or coaching changes
any of them           the room is released

No other change of a roster ends it: neither an edit nor an override about others.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring, Verb
from reconciler.model.roster import Member, RoomState, Roster

Names = tuple[str, ...]
"""Actions, each by what ``name_of`` makes of it, sorted."""

_STATE_FIELDS = frozenset({"muted", "coaching", "call_sid_to_coach"})
"""Fields of a ring that say how somebody joins, not who is called."""


class Scope(Struct, frozen=True):
    """Where an approval holds: one account, one room, one conference.

    ``generation`` is that of the roster that was seen.
    """

    account_sid: str
    room: str
    generation: int
    conference_sid: str | None


def names_of(actions: Iterable[Action], scope: Scope) -> Names:
    """What tells each action from every other, in *scope*."""
    return tuple(sorted(name_of(action, scope) for action in actions))


def name_of(action: Action, scope: Scope) -> str:
    """What tells an action from every other: its verb, its label and a hash.

    The generation is no part of it: an approval outlives edits about others. The
    conference is no part of a ring's: the first of several makes it.
    """
    digest = hashed([scope.account_sid, scope.room, *_said(action)])
    return f"{action.verb}/{action.label}/{digest}"


def _said(action: Action) -> list[Any]:
    match action:
        case Ring():
            fields = [field for field in action.fields if field[0] not in _STATE_FIELDS]
            said = [action.to, action.intent, action.number, fields]
            said += [action.maybe_in] if action.maybe_in else []
        case Change():
            field_changes = [
                [change.name, change.before, change.after]
                for change in action.field_changes
            ]
            said = [action.call_sid, action.conference_sid, action.kind, field_changes]
        case Remove():
            said = [action.call_sid, action.conference_sid, action.connected]
        case _:
            assert_never(action)
    return [action.verb, action.label, *said]


def hashed(said: list[Any]) -> str:
    """SHA-256 over *said*, as hex."""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class RosterBefore(Struct, frozen=True):
    """What a room declared until now.

    ``members`` are those listed, by label; ``dismissed`` the labels that left the
    roster before. ``released`` says that nobody converged the room.
    """

    members: Mapping[str, Member]
    dismissed: Collection[str]
    unlisted: str
    released: bool = False


def ended_by(
    names: Iterable[str], before: RosterBefore, after: Roster
) -> dict[str, str]:
    """The names that *after* leaves approved no longer, each with the reason."""
    found = {each: _end_of(each, before, after) for each in names}
    return {name: reason for name, reason in found.items() if reason}


def _end_of(name: str, before: RosterBefore, after: Roster) -> str:
    verb, _, rest = name.partition("/")
    label = rest.rpartition("/")[0]
    if before.released:
        return "the room was released"
    if verb == Verb.REMOVE and not label:
        return "" if after.state is RoomState.ENDED else "the room is open again"
    old, new = before.members.get(label), after.member(label)
    if old is None and new is None:
        kept = label in before.dismissed or before.unlisted == after.unlisted
        return "" if kept else "'unlisted' has changed"
    if old is None:
        return f"{label} is declared again"
    if new is None:
        return f"{label} is no longer declared"
    said = _WORDS_OF.get(verb, _called)
    return "" if said(old) == said(new) else f"{label} is declared otherwise"


def _called(member: Member) -> object:
    return member.to, member.sender, member.create_only


def _rung(member: Member) -> object:
    return replace(
        member, muted=None, hold=None, coaching=None, temporary=(), overridden=()
    )


def _heard(member: Member) -> object:
    return member.muted, member.hold, member.coaching


_WORDS_OF: Mapping[str, Callable[[Member], object]] = {
    Verb.REMOVE: _called,
    Verb.RING: _rung,
    Verb.CHANGE: _heard,
}
"""What of a member a change ends the approval of a removal, a ring, a change."""
