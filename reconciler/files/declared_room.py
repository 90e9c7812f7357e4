"""One YAML document → the declaration of a room."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar

from msgspec import Struct
from yaml.nodes import Node

from reconciler.files.account_field import read_account
from reconciler.files.announcement import read_announcements
from reconciler.files.including import with_included
from reconciler.files.keys import KEYS as MEMBER_KEYS
from reconciler.files.layers import Layers
from reconciler.files.mapping import Entry, did_you_mean, known, shown
from reconciler.files.member_fields import RoomDefaults, read_defaults, read_fields
from reconciler.files.member_schedules import read_member_schedules
from reconciler.files.modes import read_modes
from reconciler.files.redialing import Redialing, read_limits
from reconciler.files.room_members import Cast, groups_of, read_cast, read_layers
from reconciler.files.scalar import text
from reconciler.files.schedule_field import read_schedule
from reconciler.files.timezone_field import read_timezone
from reconciler.files.value import read_word, read_words
from reconciler.files.version import check_version
from reconciler.files.yaml_text import Page
from reconciler.model.declaration import NORMAL, Declaration, Mode, ScheduleEntry
from reconciler.model.masking import invisible
from reconciler.model.notice import Notice
from reconciler.model.roster import RoomState, Roster, Unlisted

CONFERENCE_SID: Final = r"CF[0-9a-fA-F]{32}"
LONGEST_NAME: Final = 128
KEYS: Final = (
    "version",
    "conference",
    "account",
    "from",
    "defaults",
    "participants",
    "unlisted",
    "redial",
    "limits",
    "on_change",
    "state",
    "announcements",
    "include",
    "roles",
    "groups",
    "modes",
    "mode",
    "notify",
    "schedule",
    "timezone",
)

_CONFERENCE_SID: Final = re.compile(CONFERENCE_SID)
_ELSEWHERE: Final = {
    name: f"write {name} in defaults, or in each participant"
    for name in MEMBER_KEYS.difference(KEYS)
} | {"people": "write people in a document of its own, after a line ---"}
_Word = TypeVar("_Word", bound=StrEnum)

Place: TypeAlias = tuple[str, int, int]
"""File, line and column."""


class DeclaredRoom(Struct, frozen=True):
    """A room that a document names, and where; no ``declaration`` if it is wrong.

    ``files`` are the other files that it depends on, ``places`` the line and column
    of each member in ``file``, or in the file that is named with them.
    """

    name: str
    file: str
    line: int
    column: int
    declaration: Declaration | None
    files: frozenset[str] = frozenset()
    places: tuple[Place, ...] = ()

    @property
    def place(self) -> str:
        """``file:line:column`` of the name."""
        return f"{self.file}:{self.line}:{self.column}"


def read_room(page: Page, node: Node) -> DeclaredRoom | None:
    """The room of a document; None if it names none. What is wrong is noted."""
    faults = page.faults
    page.inputs.room = set()
    entries = known(page, "a roster", node, KEYS, _ELSEWHERE, extensible=True)
    if entries is None:
        return None
    if "version" not in entries and "conference" not in entries:
        hint = "begin with version: 1 and conference: my-room, or let a room include it"
        page.wrong(node, "a roster needs version and conference", hint)
        return None
    entries = with_included(page, entries, KEYS)
    check_version(page, node, entries.get("version"))
    entry = entries.get("conference")
    name = _name(page, node, entry)
    declaration, cast = _declaration(page, node, entries, name or "")
    if entry is None or name is None:
        return None
    if fault := page.policy.room_fault(name, page.path):
        page.wrong(entry.value, f"this file may not declare {shown(name)}: {fault}")
    mark = entry.value.start_mark
    return DeclaredRoom(
        name,
        page.file,
        mark.line + 1,
        mark.column + 1,
        declaration if page.faults == faults else None,
        frozenset(page.inputs.room),
        tuple(_places(page, cast)),
    )


def _places(page: Page, cast: Cast) -> Iterator[Place]:
    """Where each member stands, in the order of the members."""
    own = not page.sources
    for entry in cast.found.values():
        mark = entry.key.start_mark
        file = page.file if own else page.file_of(entry.key)
        yield file, mark.line + 1, mark.column + 1


def _declaration(
    page: Page, node: Node, found: dict[str, Entry], name: str
) -> tuple[Declaration, Cast]:
    """What the room declares, to be used if nothing was noted."""
    state = _choice(page, "state", found.get("state"), RoomState.OPEN)
    if state is RoomState.OPEN:
        _check_peopled(page, node, found)
    groups = groups_of(page, found)
    shared = _shared(page, found, read_layers(page, found, groups))
    cast = read_cast(page, found, shared, groups)
    modes = read_modes(page, found.get("modes"), cast)
    roster = Roster(
        name,
        cast.members,
        state,
        _choice(page, "unlisted", found.get("unlisted"), Unlisted.KEEP),
        read_limits(page, found.get("limits")),
        f"{page.file}:{node.start_mark.line + 1}",
        cast.groups,
        _notify(page, found.get("notify")),
        account=read_account(page, node, found.get("account")),
    )
    timezone = _timezone(page, found.get("timezone"))
    declaration = Declaration(
        roster,
        modes,
        _mode(page, found.get("mode"), modes),
        _schedule(page, found.get("schedule"), modes, timezone),
        read_member_schedules(page, cast, shared.rest, timezone),
    )
    return declaration, cast


def _timezone(page: Page, entry: Entry | None) -> str | None:
    return read_timezone(page, entry.value) if entry else None


def _schedule(
    page: Page, entry: Entry | None, modes: tuple[Mode, ...], timezone: str | None
) -> tuple[ScheduleEntry, ...]:
    """The schedule; modes that broken files may declare are not known to be missing."""
    if entry is None:
        return ()
    names = {NORMAL, *(mode.name for mode in modes)}
    known_names = None if page.inputs.directory.broken else names
    schedule = read_schedule(page, entry, modes=known_names, timezone=timezone)
    if any(each.mode not in {None, *names} for each in schedule):
        page.missing(entry.value, "the schedule names a mode that is not declared", "")
    return schedule


def _name(page: Page, node: Node, entry: Entry | None) -> str | None:
    if entry is None:
        page.wrong(node, "a roster needs the key conference", "add conference: my-room")
        return None
    value = text(page, "conference", entry.value)
    if value is None:
        return None
    if not 0 < len(value) <= LONGEST_NAME:
        message = f"a conference's name has 1 to {LONGEST_NAME} characters"
        page.wrong(entry.value, message)
        return None
    if hidden := invisible(value):
        message = f"a conference's name contains {hidden}, which is invisible"
        page.wrong(entry.value, message, "remove it")
        return None
    if _CONFERENCE_SID.fullmatch(value):
        message = "a conference's name must not have the shape of a conference SID"
        page.wrong(
            entry.value, message, "Twilio would read it as the SID of a conference"
        )
        return None
    if value != value.strip():
        message = "the name of the conference begins or ends with a space"
        page.warn(entry.value, message, f"without it: conference: {value.strip()!r}")
    return value


def _choice(page: Page, what: str, entry: Entry | None, default: _Word) -> _Word:
    if entry is None:
        return default
    kind = type(default)
    word = read_word(page, what, entry.value, tuple(kind))
    return kind(word) if word else default


def _shared(page: Page, found: dict[str, Entry], layers: Layers) -> RoomDefaults:
    sender = {"from": found["from"]} if "from" in found else {}
    general = found.get("announcements")
    shared = RoomDefaults(
        read_fields(page, sender),
        Redialing.unsaid().under(page, found),
        read_announcements(page, general.value) if general else (),
        layers=layers,
    )
    entry = found.get("defaults")
    return read_defaults(page, entry.value, shared) if entry else shared


def _check_peopled(page: Page, node: Node, found: dict[str, Entry]) -> None:
    if "participants" not in found and "groups" not in found:
        hint = "write participants: {} for nobody, or state: ended"
        page.wrong(node, "a roster needs participants", hint)


def _mode(page: Page, entry: Entry | None, modes: tuple[Mode, ...]) -> str:
    """The mode that a room is in unless schedule or person says another."""
    name = text(page, "mode", entry.value) if entry else NORMAL
    if entry is None or name is None:
        return NORMAL
    check_mode(page, entry.value, name, modes)
    return name


def check_mode(page: Page, node: Node, name: str, modes: tuple[Mode, ...]) -> None:
    """Note a mode that the room does not have."""
    names = (NORMAL, *(mode.name for mode in modes))
    if name not in names:
        hint = did_you_mean(name, names) or f"this room has: {', '.join(names)}"
        page.missing(node, f"unknown mode {shown(name)}", hint)


def _notify(page: Page, entry: Entry | None) -> tuple[str, ...]:
    """The kinds of events to notify people of."""
    words = read_words(page, "notify", entry.value, tuple(Notice)) if entry else ()
    return words or ()
