"""``schedule`` of a room and of its members → ScheduleEntry, Period."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.files.mapping import Entry, did_you_mean, known, shown
from reconciler.files.scalar import boolean, text, untagged
from reconciler.files.value import read_word
from reconciler.files.window import PERIOD_KEYS, read_period
from reconciler.files.yaml_text import Page
from reconciler.model.declaration import NORMAL, ScheduleEntry
from reconciler.model.errors import SettingError
from reconciler.model.roster import RoomState
from reconciler.model.schedule import Once, Period, Weekly
from reconciler.planning.overlap import overlap
from reconciler.planning.timezone import zone

SCHEDULE_KEYS: Final = (*PERIOD_KEYS, "otherwise", "mode", "state")
MOST_ENTRIES: Final = 50
MOST_NAMED: Final = 5
"""Modes that a hint names."""


class _Read(NamedTuple):
    node: Node
    entry: ScheduleEntry


def read_schedule(
    page: Page,
    entry: Entry,
    *,
    modes: Collection[str] | None = None,
    timezone: str | None = None,
) -> tuple[ScheduleEntry, ...]:
    """The entries of a room's schedule, in the order of the file.

    *modes* are the names that may be given, None: not checked here. *timezone*
    holds where none is named; without it the only one that entries name. What is wrong
    is noted.
    """
    found: list[_Read] = []
    items = _items(page, entry.value)
    timezone = timezone or _only_timezone(items)
    for node in items:
        one = _entry(page, node, modes, timezone)
        if one is not None:
            _check_against(page, node, one, found)
            found.append(_Read(node, one))
    return tuple(each.entry for each in found)


def read_periods(
    page: Page, entry: Entry, *, timezone: str | None = None
) -> tuple[Period, ...]:
    """The windows in which a member or a group is declared; one needs no list."""
    periods: list[Period] = []
    single = isinstance(entry.value, MappingNode)
    for node in [entry.value] if single else _items(page, entry.value):
        keys = known(page, "a window", node, PERIOD_KEYS, _ELSEWHERE)
        period = read_period(page, node, keys, timezone) if keys is not None else None
        if period is not None:
            periods.append(period)
    return tuple(periods)


def _only_timezone(items: Iterable[Node]) -> str | None:
    """The time zone of *items* if they name one, and no other."""
    names = {
        value.value
        for node in items
        if isinstance(node, MappingNode)
        for key, value in node.value
        if key.value == "timezone" and isinstance(value, ScalarNode)
    }
    if len(names) != 1:
        return None
    (name,) = names
    try:
        zone(name)
    except SettingError:
        return None
    return str(name)


_ELSEWHERE: Final = dict.fromkeys(
    ("otherwise", "mode", "state"), "write it in the schedule of the room"
)


def _items(page: Page, node: Node) -> list[Node]:
    if not untagged(page, "schedule", node):
        return []
    if not isinstance(node, SequenceNode):
        page.wrong(node, "schedule must be a list", "begin each entry with - ")
        return []
    items: list[Node] = node.value
    if not items:
        page.wrong(node, "schedule is empty", "remove the key if there is no schedule")
    if len(items) > MOST_ENTRIES:
        page.wrong(node, f"schedule has {len(items)} entries, at most {MOST_ENTRIES}")
        return []
    return items


def _entry(
    page: Page, node: Node, modes: Collection[str] | None, timezone: str | None
) -> ScheduleEntry | None:
    errors = page.errors
    entries = known(page, "an entry of the schedule", node, SCHEDULE_KEYS, {})
    if entries is None:
        return None
    mode = _mode(page, entries.get("mode"), modes)
    state = _state(page, entries.get("state"))
    if "mode" not in entries and "state" not in entries:
        hint = "add mode: normal, or state: ended"
        page.wrong(node, "an entry of the schedule needs mode or state", hint)
    period = None
    if "otherwise" in entries:
        _check_otherwise(page, entries)
    else:
        period = read_period(page, node, entries, timezone)
    return ScheduleEntry(period, mode, state) if page.errors == errors else None


def _mode(page: Page, entry: Entry | None, modes: Collection[str] | None) -> str | None:
    name = text(page, "mode", entry.value) if entry else None
    if entry is None or name is None or modes is None or name in {*modes, NORMAL}:
        return name
    known_names = sorted({*modes, NORMAL})
    hint = did_you_mean(name, known_names) if page.may_guess() else ""
    hint = hint or f"write {_listed(known_names)}, or declare it under modes"
    page.wrong(entry.value, f"this room has no mode {shown(name)}", hint)
    return None


def _listed(names: Sequence[str]) -> str:
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return " or ".join((*names[:MOST_NAMED], *more))


def _state(page: Page, entry: Entry | None) -> RoomState | None:
    word = read_word(page, "state", entry.value, tuple(RoomState)) if entry else None
    return RoomState(word) if word else None


def _check_otherwise(page: Page, found: dict[str, Entry]) -> None:
    entry = found["otherwise"]
    if boolean(page, "otherwise", entry.value) is False:
        page.wrong(
            entry.value, "otherwise must be true or absent", "write otherwise: true"
        )
    for name in PERIOD_KEYS:
        if name in found:
            message = f"{name} has no meaning together with otherwise"
            page.wrong(found[name].key, message, "remove one of them")


def _check_against(
    page: Page, node: Node, entry: ScheduleEntry, earlier: list[_Read]
) -> None:
    """Note that *entry* contradicts, or never counts after, one of *earlier*."""
    for other in earlier:
        if other.entry.period is None:
            message = "entries after otherwise have no effect"
            page.wrong(node, message, "move otherwise to the end of the schedule")
        elif entry.period and _says(entry) != _says(other.entry):
            at = overlap(other.entry.period, entry.period)
            if at is not None:
                _contradicts(page, node, entry.period, other, at)
                return


def _says(entry: ScheduleEntry) -> tuple[str | None, RoomState | None]:
    return entry.mode, entry.state


def _contradicts(
    page: Page, node: Node, period: Period, other: _Read, at: float
) -> None:
    message = (
        f"two entries of the schedule overlap at {_local(at, period, other)} and contradict "
        f"each other: this one and {page.place(other.node)}"
    )
    hint = "change the hours of one, or add except: with the date"
    page.wrong(node, message, hint)


def _local(at: float, period: Period, other: _Read) -> str:
    """When both last: on a weekday where all weeks are alike."""
    weekly = other.entry.period and isinstance(other.entry.period.window, Weekly)
    if isinstance(period.window, Once):
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
    name = period.window.timezone
    day = "%A" if weekly and isinstance(period.window, Weekly) else "%Y-%m-%d"
    return f"{datetime.fromtimestamp(at, zone(name)):{day} %H:%M} {name}"
