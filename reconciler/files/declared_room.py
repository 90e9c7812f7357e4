"""One YAML document → Roster."""

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from yaml.nodes import MappingNode, Node, ScalarNode

from reconciler.files.announcement import read_announcements
from reconciler.files.coaching_field import check_coaching
from reconciler.files.mapping import Entry, entries, known, shown
from reconciler.files.member import (
    KEYS as MEMBER_KEYS,
)
from reconciler.files.member import (
    RoomDefaults,
    read_defaults,
    read_fields,
    read_member,
)
from reconciler.files.page import Page
from reconciler.files.redialling import Redialling, read_limits
from reconciler.files.scalar import text, unquoted_form
from reconciler.files.value import read_word
from reconciler.model.masking import invisible
from reconciler.model.roster import Member, RoomState, Roster, Unlisted
from reconciler.planning.condition import starts, too_many
from reconciler.planning.plan_events import own_callbacks

CONFERENCE_SID: Final = r"CF[0-9a-fA-F]{32}"
VERSION: Final = "1"
LONGEST_NAME: Final = 128
MOST_PARTICIPANTS: Final = 250
KEYS: Final = (
    "version",
    "conference",
    "from",
    "defaults",
    "participants",
    "unlisted",
    "redial",
    "limits",
    "on_change",
    "state",
    "announcements",
)

_CONFERENCE_SID: Final = re.compile(CONFERENCE_SID)
_ELSEWHERE: Final = {
    name: f"say {name} in defaults, or of each participant"
    for name in MEMBER_KEYS.difference(KEYS)
}
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class DeclaredRoom:
    """A room that a document names, and where; no ``roster`` if it is wrong."""

    name: str
    file: str
    line: int
    column: int
    roster: Roster | None

    @property
    def place(self) -> str:
        """``file:line:column`` of the name."""
        return f"{self.file}:{self.line}:{self.column}"


def read_room(page: Page, node: Node) -> DeclaredRoom | None:
    """The room of a document; None if it names none. What is wrong is noted."""
    errors = page.errors
    found = known(page, "a roster", node, KEYS, _ELSEWHERE)
    if found is None:
        return None
    _check_version(page, node, found.get("version"))
    entry = found.get("conference")
    name = _name(page, node, entry)
    roster = _roster(page, node, found, name or "")
    if entry is None or name is None:
        return None
    path = os.path.abspath(page.file)  # noqa: PTH100 - links kept
    if fault := page.policy.room_fault(name, path):
        page.wrong(entry.value, f"this file may not declare {shown(name)}: {fault}")
    mark = entry.value.start_mark
    sound = roster if page.errors == errors else None
    return DeclaredRoom(name, page.file, mark.line + 1, mark.column + 1, sound)


def _roster(page: Page, node: Node, found: dict[str, Entry], name: str) -> Roster:
    """The roster, to be used if nothing was noted."""
    state = _choice(page, "state", found.get("state"), RoomState.OPEN)
    members = _members(page, node, found, _shared(page, found), state)
    unlisted = _choice(page, "unlisted", found.get("unlisted"), Unlisted.KEEP)
    limits = read_limits(page, found.get("limits"))
    source = f"{page.file}:{node.start_mark.line + 1}"
    return Roster(name, members, state, unlisted, limits, source)


def _name(page: Page, node: Node, entry: Entry | None) -> str | None:
    if entry is None:
        page.wrong(node, "a roster needs conference", "add conference: my-room")
        return None
    value = text(page, "conference", entry.value)
    if value is None:
        return None
    if not 0 < len(value) <= LONGEST_NAME:
        message = f"a conference's name has 1 to {LONGEST_NAME} characters"
        page.wrong(entry.value, message)
        return None
    if hidden := invisible(value):
        message = f"a conference's name holds {hidden}, which cannot be seen"
        page.wrong(entry.value, message, "leave it out")
        return None
    if _CONFERENCE_SID.fullmatch(value):
        message = "a conference's name must not have the shape of a conference SID"
        page.wrong(entry.value, message, "Twilio would take it for the conference")
        return None
    if value != value.strip():
        message = "the name of the conference begins or ends with a space"
        page.warn(entry.value, message, f"without it: conference: {value.strip()!r}")
    return value


def _check_version(page: Page, node: Node, entry: Entry | None) -> None:
    if entry is None:
        page.wrong(node, "a roster needs version", "begin with version: 1")
        return
    value = entry.value
    if not isinstance(value, ScalarNode) or value.value != VERSION:
        page.wrong(value, _unsupported(value), "write version: 1")
    elif unquoted_form(value) != "number" or value.tag:
        page.wrong(value, "version must be a number", "write version: 1")


def _unsupported(value: Node) -> str:
    found = value.value if isinstance(value, ScalarNode) else "this"
    return f"unsupported version {found}; this release supports version {VERSION}"


def _choice(page: Page, what: str, entry: Entry | None, default: _Word) -> _Word:
    if entry is None:
        return default
    kind = type(default)
    word = read_word(page, what, entry.value, tuple(kind))
    return kind(word) if word else default


def _shared(page: Page, found: dict[str, Entry]) -> RoomDefaults:
    sender = {"from": found["from"]} if "from" in found else {}
    general = found.get("announcements")
    shared = RoomDefaults(
        read_fields(page, sender),
        Redialling.unsaid().under(page, found),
        read_announcements(page, general.value) if general else (),
    )
    entry = found.get("defaults")
    return read_defaults(page, entry.value, shared) if entry else shared


def _members(
    page: Page,
    node: Node,
    found: dict[str, Entry],
    shared: RoomDefaults,
    state: RoomState,
) -> tuple[Member, ...]:
    entry = found.get("participants")
    if entry is None:
        if state is RoomState.OPEN:
            hint = "write participants: {} for nobody, or state: ended"
            page.wrong(node, "a roster needs participants", hint)
        return ()
    if isinstance(entry.value, ScalarNode) and unquoted_form(entry.value) == "null":
        page.wrong(entry.value, "participants is null", "write {} for nobody")
        return ()
    return _read_members(page, entry, shared)


def _read_members(page: Page, entry: Entry, shared: RoomDefaults) -> tuple[Member, ...]:
    found = entries(page, "participants", entry.value) or {}
    if len(found) > MOST_PARTICIPANTS:
        message = f"a conference takes {MOST_PARTICIPANTS} people, not {len(found)}"
        page.wrong(entry.key, message, "Twilio refuses more (16020)")
        return ()
    members: dict[str, Member] = {}
    places: dict[str, Node] = {}
    for label, each in found.items():
        members[label], place = read_member(page, each, shared)
        if place is not None:
            places[label] = place
    check_coaching(page, members, places)
    _warn_of_callbacks(page, found, members)
    _warn_of_twins(page, found, members)
    _warn_of_start(page, entry.key, tuple(members.values()))
    return tuple(members.values())


def _warn_of_start(page: Page, key: Node, members: tuple[Member, ...]) -> None:
    """A conference that cannot start, or that does not take everybody."""
    if members and not any(map(starts, members)):
        page.warn(
            key,
            "the conference cannot start: every member has "
            "start_conference_on_enter: false, and nobody hears anybody",
            "set start_conference_on_enter: true for one of them",
        )
    for each in too_many(members):
        page.warn(key, each.text, "raise max_participants, or list fewer members")


_TAKEN_EVENTS = {
    "conference_status_callback": "the conference's events (joins, leaves, mutes, "
    "holds), if this person joins first",
    "status_callback": "the events of this person's call",
}


def _warn_of_callbacks(
    page: Page, found: dict[str, Entry], members: dict[str, Member]
) -> None:
    """Callbacks of members' own, which the daemon's webhooks cannot share."""
    for label, member in members.items():
        for name in sorted(own_callbacks(member)):
            page.warn(
                _key_of(found[label], name),
                f"{shown(label)} has a {name} of their own: a daemon with --public-url "
                f"does not get {_TAKEN_EVENTS[name]}",
                f"leave {name} out, or forward what it receives to the daemon's "
                "public URL",
            )


def _key_of(entry: Entry, name: str) -> Node:
    """Where a member names a parameter, else the member's own key."""
    if isinstance(entry.value, MappingNode):
        keys: list[Node] = [key for key, _ in entry.value.value if key.value == name]
        if keys:
            return keys[0]
    return entry.key


def _warn_of_twins(
    page: Page, found: dict[str, Entry], members: dict[str, Member]
) -> None:
    first: dict[str, str] = {}
    for label, member in members.items():
        twin = first.setdefault(member.to, label) if member.to else label
        if twin != label:
            page.warn(
                found[label].key,
                f"{shown(label)} and {shown(twin)} have the same to",
                "the phone rings once for each of them",
            )
