"""One participant as a file declares them → Member."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace
from yaml.nodes import Node, ScalarNode

from reconciler.files import announcement, coaching_field
from reconciler.files.endpoint import EndpointKind, form_of
from reconciler.files.keys import (
    COACHING,
    DEFAULT_KEYS,
    KEYS,
    OWN,
    ROSTER_OWN,
)
from reconciler.files.label import check_label
from reconciler.files.layers import Layers, layered, written_role
from reconciler.files.mapping import Entry, known, shown
from reconciler.files.redialing import Redialing
from reconciler.files.replacing import read_replaces
from reconciler.files.scalar import boolean, integer, text
from reconciler.files.timezone_field import read_timezone
from reconciler.files.value import read_value, read_word
from reconciler.files.yaml_text import Page
from reconciler.model.parameter import TABLE, Class
from reconciler.model.roster import (
    Announcement,
    Fields,
    Machine,
    Member,
    Redial,
    Value,
)

_READ_APART: Final = OWN - {"to"}
_PARAMETERS: Final = {each.name: each for each in TABLE if each.name not in _READ_APART}
_CREATE_ONLY: Final = frozenset(e.name for e in TABLE if e.cls is Class.CREATE_ONLY)
_WRITE_ONLY: Final = frozenset(e.name for e in TABLE if e.cls is Class.WRITE_ONLY)
_OWN_HINTS: Final = {
    name: f"set {name} on each participant, not here" for name in OWN
} | {
    "announcements": "write announcements next to defaults, not inside it",
    "announce_url": "write announcements next to defaults",
    "announce_method": "write announcements next to defaults",
}


_LAYERED: Final = frozenset((*ROSTER_OWN, "timezone"))
LEAST_URGENT: Final = 5


class RoomDefaults(Struct, frozen=True):
    """What a room says of every member; "" is a ``from`` that is wrong.

    ``rest`` are the keys of ``defaults`` that are no parameters. ``layers`` are the
    room's people, roles and groups.
    """

    fields: Mapping[str, Value]
    redialing: Redialing
    announcements: tuple[Announcement, ...]
    rest: Mapping[str, Entry] = field(default_factory=dict)
    layers: Layers = field(default_factory=Layers)


def read_defaults(page: Page, node: Node, shared: RoomDefaults) -> RoomDefaults:
    """*shared* with what ``defaults`` says on top."""
    entries = known(page, "defaults", node, DEFAULT_KEYS, _OWN_HINTS) or {}
    fields = {**shared.fields, **read_fields(page, entries)}
    rest = {name: entry for name, entry in entries.items() if name in _LAYERED}
    redialing = shared.redialing.under(page, entries)
    return replace(shared, fields=fields, redialing=redialing, rest=rest)


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
    entries = known(page, f"participant {shown(label)}", entry.value, KEYS, {})
    if entries is None:
        return Member(label, "", ""), None
    _check_own_label(page, label, entries.get("label"))
    if shared.rest or shared.layers.any or "role" in entries or "to" not in entries:
        entries = layered(page, entry.key, entries, shared.rest, shared.layers)
    if "timezone" in entries:
        read_timezone(page, entries["timezone"].value)
    fields = {**shared.fields, **read_fields(page, entries)}
    _check_reachable(page, entry, entries, fields)
    nodes = [entries[key].value for key in COACHING if key in entries]
    return _member(page, label, entries, fields, shared), nodes[0] if nodes else None


def _member(
    page: Page,
    label: str,
    found: dict[str, Entry],
    fields: dict[str, Value],
    shared: RoomDefaults,
) -> Member:
    redialing = shared.redialing.under(page, found)
    member = Member(
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
        redial=_bounded(page, redialing.redial),
        on_change=redialing.on_change,
    )
    return member if found.keys().isdisjoint(ROSTER_OWN) else _told(page, member, found)


def _told(page: Page, member: Member, found: dict[str, Entry]) -> Member:
    """*member* with what the roster alone knows of them, and Twilio does not."""
    role, protect, priority, replaces, machine = map(found.get, ROSTER_OWN)
    if machine:
        _check_detection(page, member, machine)
    return replace(
        member,
        role=written_role(role),
        protect=bool(protect and boolean(page, "protect", protect.value)),
        priority=_priority(page, priority) if priority else member.priority,
        replaces=replaces and read_replaces(page, member.label, replaces.value),
        machine=_machine(page, machine) if machine else member.machine,
    )


def _priority(page: Page, entry: Entry) -> int:
    return integer(page, "priority", entry.value, 1, LEAST_URGENT) or LEAST_URGENT


def _machine(page: Page, entry: Entry) -> Machine:
    word = read_word(page, "machine", entry.value, tuple(Machine))
    return Machine(word) if word else Machine.KEEP


def _check_detection(page: Page, member: Member, entry: Entry) -> None:
    """Without detection nobody says that a machine answered."""
    detects = any(name == "machine_detection" for name, _ in member.create_only)
    word = entry.value.value if isinstance(entry.value, ScalarNode) else ""
    if not detects and word in {Machine.HANG_UP, Machine.HOLD}:
        page.wrong(
            entry.value,
            "machine needs machine_detection, which reports who answered",
            "add machine_detection: Enable here, or to defaults",
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
            f"the key is the label, {shown(label)}; it cannot have another",
            "rename the key, or remove label",
        )


def _check_reachable(
    page: Page, entry: Entry, found: dict[str, Entry], fields: dict[str, Value]
) -> None:
    who = shown(entry.key.value)
    if "to" not in found and page.place(entry.key) not in page.inputs.unread:
        hint = 'add to: "+1…" or to: "client:…", or list them under people'
        page.missing(entry.key, f"{who} has no 'to'", hint)
    if "from" not in fields:
        page.wrong(entry.key, f"{who} has no 'from'", 'add from: "+1…" to the room')
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
        return "a phone can only be called from a phone number"
    if form_of(caller) is EndpointKind.SIP_USER and form is not EndpointKind.SIP:
        return "a bare name is shown to sip: addresses only"
    return None
