"""Merges people, role, ``defaults`` and member.

The later wins: defaults, the person, the role, the member's own keys. A role's state
that a member contradicts is an error.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field
from yaml.nodes import Node, ScalarNode

from reconciler.files.directory import SharedKind
from reconciler.files.keys import PERSON_KEYS, ROLE_KEYS, STATES
from reconciler.files.mapping import Entry, did_you_mean, entries, known, shown
from reconciler.files.name import check_name
from reconciler.files.node_shape import shape
from reconciler.files.scalar import text
from reconciler.files.yaml_text import Page

_HINTS: Final = {
    "to": "a role applies to several people: write to in each of them",
    "role": "a role cannot have a role",
}


class Layers(Struct, frozen=True):
    """A room's roles, the people of its CSV files, and the roles by group."""

    roles: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    people: Mapping[str, Node] = field(default_factory=dict)
    by_group: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether a member that names no role may have one."""
        return bool(self.by_group or self.people)


def read_roles(page: Page, entry: Entry | None) -> dict[str, Mapping[str, Entry]]:
    """The keys of each role that a document declares."""
    found = entries(page, "roles", entry.value) if entry else None
    return {name: read_role(page, each) for name, each in (found or {}).items()}


def read_role(page: Page, entry: Entry) -> Mapping[str, Entry]:
    """The keys of one role."""
    check_name(page, "role", entry.key)
    what = f"role {shown(entry.key.value)}"
    return known(page, what, entry.value, ROLE_KEYS, _HINTS) or {}


def layered(
    page: Page,
    key: ScalarNode,
    own: dict[str, Entry],
    defaults: Mapping[str, Entry],
    layers: Layers,
) -> dict[str, Entry]:
    """What holds for the member at *key*: their *own* keys over those of all layers."""
    person = {} if "to" in own else _person(page, key.value, layers)
    named = (own, {"role": layers.by_group.get(key.value)}, person, defaults)
    role = next((each["role"] for each in named if each.get("role")), None)
    if role is None:
        return {**defaults, **person, **own}
    fields = role_keys(page, role, layers)
    _check_contradictions(page, own, fields, role)
    return {**defaults, **person, **fields, **own, "role": role}


def timezone_of(
    page: Page,
    key: ScalarNode,
    own: Mapping[str, Entry],
    defaults: Mapping[str, Entry],
    layers: Layers,
) -> Entry | None:
    """Where the time zone of the member at *key* is named, None if it is nowhere."""
    person = {} if "to" in own else _person(page, key.value, layers)
    return own.get("timezone") or person.get("timezone") or defaults.get("timezone")


def _person(page: Page, label: str, layers: Layers) -> dict[str, Entry]:
    node = layers.people.get(label)
    if node is None:
        shared = page.inputs.find(SharedKind.PEOPLE, label)
        if shared is None:
            return {}
        node = shared.value
    found = entries(page, f"person {shown(label)}", node) or {}
    return {name: entry for name, entry in found.items() if name in PERSON_KEYS}


def role_keys(page: Page, role: Entry, layers: Layers) -> Mapping[str, Entry]:
    """The keys of the role that *role* names, {} once it is noted that there is none."""
    name = text(page, "role", role.value)
    if name is None:
        return {}
    if name in layers.roles:
        return layers.roles[name]
    shared = page.inputs.find(SharedKind.ROLES, name)
    if shared:
        found = entries(page, f"role {shown(name)}", shared.value) or {}
        return {key: entry for key, entry in found.items() if key in ROLE_KEYS}
    roles = (*layers.roles, *page.inputs.directory.kinds[SharedKind.ROLES])
    hint = (
        did_you_mean(name, roles) or f"declare it: roles: {{{name}: {{muted: true}}}}"
    )
    page.missing(role.value, f"unknown role {shown(name)}", hint)
    return {}


def _check_contradictions(
    page: Page, own: Mapping[str, Entry], fields: Mapping[str, Entry], role: Entry
) -> None:
    for name in STATES:
        if name not in own or name not in fields:
            continue
        node, theirs = own[name].value, fields[name].value
        if shape(node) != shape(theirs):
            page.wrong(
                node,
                f"{name} contradicts the role {shown(written_role(role))}, which sets "
                f"another value at {page.place(theirs)}",
                f"remove {name} here, or give another role",
            )


def written_role(role: Entry | None) -> str:
    """The name of a role as the file has it, "" for none."""
    return str(role.value.value) if role and isinstance(role.value, ScalarNode) else ""
