"""``schedule`` of people and groups: when members are declared.

A participant is declared while their own schedule says so, always without one. Who is
in groups alone is declared while one of them is; a group without schedule always is.
"""

from collections.abc import Mapping

from reconciler.files.layers import timezone_of
from reconciler.files.mapping import Entry, entries, may_have, shown
from reconciler.files.room_members import Cast
from reconciler.files.schedule_field import read_periods
from reconciler.files.timezone_field import read_timezone
from reconciler.files.yaml_text import Page
from reconciler.model.declaration import Presence
from reconciler.model.schedule import Period


def read_member_schedules(
    page: Page, cast: Cast, defaults: Mapping[str, Entry], timezone: str | None
) -> tuple[Presence, ...]:
    """The windows of members who are not always declared, by their first label.

    *timezone* holds where neither window, person nor group names one.
    """
    periods = _of_groups(page, cast, timezone)
    for label, entry in cast.participants.items():
        periods.pop(label, None)
        own = _of_participant(page, entry, cast, defaults, timezone)
        if own:
            periods[label] = own
    labels: dict[tuple[Period, ...], list[str]] = {}
    for member in cast.members:
        if periods.get(member.label):
            labels.setdefault(periods[member.label], []).append(member.label)
    return tuple(Presence(tuple(names), each) for each, names in labels.items())


def _of_groups(
    page: Page, cast: Cast, timezone: str | None
) -> dict[str, tuple[Period, ...]]:
    """The windows of each label; () for one that is always declared."""
    found: dict[str, tuple[Period, ...]] = {}
    for group in cast.candidates:
        schedule, zone = group.found.get("schedule"), group.found.get("timezone")
        own = read_timezone(page, zone.value) if zone else timezone
        periods = read_periods(page, schedule, timezone=own) if schedule else ()
        for label in group.labels:
            before = found.get(label)
            both = before is None or (before and periods)
            found[label] = (*(before or ()), *periods) if both else ()
    return found


def _of_participant(
    page: Page,
    entry: Entry,
    cast: Cast,
    defaults: Mapping[str, Entry],
    timezone: str | None,
) -> tuple[Period, ...]:
    if not may_have(entry.value, "schedule"):
        return ()
    keys = entries(page, f"participant {shown(entry.key.value)}", entry.value) or {}
    schedule = keys.get("schedule")
    if schedule is None:
        return ()
    zone = timezone_of(page, entry.key, keys, defaults, cast.layers)
    own = read_timezone(page, zone.value) if zone else timezone
    return read_periods(page, schedule, timezone=own)
