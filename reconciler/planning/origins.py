"""Why a field differs from the roster: mode, schedule or override."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove
from reconciler.model.declaration import Origin
from reconciler.planning.ended_room import ENDED
from reconciler.planning.plan import Person, Plan

_Origins = Mapping[tuple[str, str], Origin]


def origin_words(origin: Origin) -> str:
    """Where a value comes from, in a few words: ``override by ops: noise``."""
    by = f" by {origin.who}" if origin.who else ""
    why = f": {origin.reason}" if origin.reason else ""
    return f"{origin.source}{by}{why}"


def origin_data(origin: Origin) -> dict[str, Any]:
    """An origin for JSON; ``until`` in Unix seconds."""
    return {
        "label": origin.label,
        "field": origin.field,
        "source": origin.source,
        "until": origin.until,
        "by": origin.who,
        "reason": origin.reason,
    }


def explained(plan: Plan, origins: Iterable[Origin]) -> Plan:
    """*plan* with the origin of what each action does added to its reason."""
    found = {(origin.label, origin.field): origin for origin in origins}
    if not found:
        return plan
    ended = found.get(("", "state"))
    if ended is not None:
        people = tuple(_ended(person, ended) for person in plan.people)
        plan = replace(plan, people=people)
    return plan.with_actions(lambda action: _explained(action, found))


def _ended(person: Person, origin: Origin) -> Person:
    """*person*, with who ended the room where that is their reason."""
    if person.reason != ENDED:
        return person
    return replace(person, reason=f"{ENDED} ({origin_words(origin)})")


def _explained(action: Action, origins: _Origins) -> Action:
    origin = _origin(action, origins)
    if origin is None:
        return action
    return replace(action, reason=f"{action.reason} ({origin_words(origin)})")


def _origin(action: Action, origins: _Origins) -> Origin | None:
    """Where what *action* does comes from; None for the roster, and for safety."""
    if isinstance(action, Remove):
        ends = action.call_sid is None
        key = ("", "state") if ends else (action.label, "presence")
        return origins.get(key)
    if not isinstance(action, Change) or action.safety:
        return None
    if not action.label:
        return origins.get(("", "unlisted"))
    keys = ((action.label, change.name) for change in action.field_changes)
    return next((origins[key] for key in keys if key in origins), None)
