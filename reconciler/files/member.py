"""One participant as a file declares them → Member."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from yaml.nodes import Node

from reconciler.files import announcement, coaching_field
from reconciler.files.endpoint import EndpointKind, form_of
from reconciler.files.label import check_label
from reconciler.files.mapping import Entry, known, shown
from reconciler.files.page import Page
from reconciler.files.redialling import Redialling
from reconciler.files.scalar import text
from reconciler.files.value import read_value
from reconciler.model.parameter import BY_NAME, TABLE, Class
from reconciler.model.roster import Announcement, Fields, Member, Redial, Value

OURS: Final = ("announcements", "redial", "on_change")
KEYS: Final = frozenset((*BY_NAME, *OURS))
OWN: Final = frozenset(
    (
        *("to", "label", "coaching", "call_sid_to_coach"),
        *("announce_url", "announce_method", "announcements"),
    )
)
DEFAULT_KEYS: Final = KEYS - OWN

_READ_APART: Final = OWN - {"to"}
_PARAMETERS: Final = {each.name: each for each in TABLE if each.name not in _READ_APART}
_CREATE_ONLY: Final = frozenset(e.name for e in TABLE if e.cls is Class.CREATE_ONLY)
_WRITE_ONLY: Final = frozenset(e.name for e in TABLE if e.cls is Class.WRITE_ONLY)
_OWN_HINTS: Final = {
    name: f"set {name} on each participant, not here" for name in OWN
} | {
    "announcements": "write announcements beside defaults, not in it",
    "announce_url": "write announcements beside defaults",
    "announce_method": "write announcements beside defaults",
}


@dataclass(frozen=True, slots=True)
class RoomDefaults:
    """What a room says of every member; "" is a ``from`` that is wrong."""

    fields: Mapping[str, Value]
    redialling: Redialling
    announcements: tuple[Announcement, ...]


def read_defaults(page: Page, node: Node, shared: RoomDefaults) -> RoomDefaults:
    """*shared* with what ``defaults`` says on top."""
    found = known(page, "defaults", node, DEFAULT_KEYS, _OWN_HINTS) or {}
    fields = {**shared.fields, **read_fields(page, found)}
    return RoomDefaults(
        fields, shared.redialling.under(page, found), shared.announcements
    )


def read_fields(page: Page, entries: Mapping[str, Entry]) -> dict[str, Value]:
    """The parameters of *entries*, without those that are wrong."""
    fields: dict[str, Value] = {}
    for name, entry in entries.items():
        if name in _PARAMETERS:
            value = read_value(page, _PARAMETERS[name], entry.value)
            if value is not None:
                fields[name] = value
            elif name == "from":
                fields[name] = ""
    return fields


def read_member(
    page: Page, entry: Entry, shared: RoomDefaults
) -> tuple[Member, Node | None]:
    """A member, and the place of what they say of coaching.

    What is wrong is noted; the member is then not to be used.
    """
    label = entry.key.value
    check_label(page, entry.key)
    found = known(page, f"participant {shown(label)}", entry.value, KEYS, {})
    if found is None:
        return Member(label, "", ""), None
    _check_own_label(page, label, found.get("label"))
    fields = {**shared.fields, **read_fields(page, found)}
    _check_reachable(page, entry, found, fields)
    said = [found[key].value for key in coaching_field.KEYS if key in found]
    return _member(page, label, found, fields, shared), said[0] if said else None


def _member(
    page: Page,
    label: str,
    found: dict[str, Entry],
    fields: dict[str, Value],
    shared: RoomDefaults,
) -> Member:
    redialling = shared.redialling.under(page, found)
    return Member(
        label=label,
        to=str(fields.get("to", "")),
        sender=str(fields.get("from", "")),
        muted=_flag(fields, "muted"),
        hold=_flag(fields, "hold"),
        coaching=coaching_field.read_coaching(page, found),
        end_conference_on_exit=_flag(fields, "end_conference_on_exit"),
        create_only=_of(fields, _CREATE_ONLY),
        write_only=_of(fields, _WRITE_ONLY),
        announcements=_announcements(page, found, shared.announcements),
        redial=_bounded(page, redialling.redial),
        on_change=redialling.on_change,
    )


def _bounded(page: Page, redial: Redial) -> Redial:
    """*redial* with no more attempts than the policy allows."""
    most = page.policy.ceilings.attempts
    return (
        redial if most is None else replace(redial, attempts=min(redial.attempts, most))
    )


def _flag(fields: dict[str, Value], name: str) -> bool | None:
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def _of(fields: dict[str, Value], names: frozenset[str]) -> Fields:
    return tuple(sorted((name, fields[name]) for name in fields if name in names))


def _announcements(
    page: Page, found: dict[str, Entry], general: tuple[Announcement, ...]
) -> tuple[Announcement, ...]:
    entry = found.get("announcements")
    own = announcement.read_announcements(page, entry.value) if entry else ()
    return announcement.joined(general, own + announcement.read_shorthand(page, found))


def _check_own_label(page: Page, label: str, entry: Entry | None) -> None:
    value = text(page, "label", entry.value) if entry else None
    if entry and value is not None and value != label:
        page.wrong(
            entry.value,
            f"the label is the key, {shown(label)}, and cannot be another",
            "rename the key, or leave label out",
        )


def _check_reachable(
    page: Page, entry: Entry, found: dict[str, Entry], fields: dict[str, Value]
) -> None:
    who = shown(entry.key.value)
    if "to" not in found:
        page.wrong(entry.key, f"{who} has no to", 'add to: "+1…" or to: "client:…"')
    if "from" not in fields:
        page.wrong(entry.key, f"{who} has no from", 'add from: "+1…" to the room')
    if "to" not in fields:
        return
    for name in ("from", "caller_id"):
        caller = str(fields.get(name, ""))
        fault = _mismatch(str(fields["to"]), caller)
        if fault:
            place = found[name] if name in found else found["to"]
            page.wrong(place.value, f"{name}: {fault}", f'write {name}: "+1…"')


def _mismatch(to: str, caller: str) -> str | None:
    if not caller or caller.startswith("+"):
        return None
    form = form_of(to)
    if form is EndpointKind.PHONE:
        return "a phone can only be rung from a phone number"
    if form_of(caller) is EndpointKind.SIP_USER and form is not EndpointKind.SIP:
        return "a bare name is shown to sip: addresses only"
    return None
