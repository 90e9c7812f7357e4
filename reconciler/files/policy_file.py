"""The operator's policy file → ``Policy``; mistakes with their positions."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace
from yaml.nodes import Node, SequenceNode

from reconciler.files.document import documents
from reconciler.files.folder import problem, read_text
from reconciler.files.mapping import Entry, known
from reconciler.files.policy_value import (
    absolute_folder,
    address_prefix,
    folder,
    host,
    region,
    variable,
    word,
)
from reconciler.files.scalar import boolean, integer, scalar
from reconciler.files.value import read_word
from reconciler.files.yaml_text import Page
from reconciler.model.errors import Problem, RosterError, Severity
from reconciler.model.number import NumberType
from reconciler.model.policy import Ceilings, Policy, RingBudget, RoomRule

VERSION: Final = "1"
KINDS: Final = ("removals", "rings", "exposures")


def load_policy(path: str | None) -> Policy:
    """The policy in the file *path*, the default one where there is none.

    Raises RosterError with every problem. A folder that is not there is none here: it
    may have gone with its last roster, and no file is below it.
    """
    if path is None:
        return Policy()
    policy, problems = _read(Path(path))
    errors = [each for each in problems if each.severity is Severity.ERROR]
    if errors:
        raise RosterError(tuple(errors))
    return policy


def examine_policy(path: Path) -> tuple[Policy, list[Problem]]:
    """What can be read of the file, and everything that is wrong with it."""
    policy, problems = _read(path)
    return policy, [replace(each, severity=Severity.ERROR) for each in problems]


def _read(path: Path) -> tuple[Policy, list[Problem]]:
    """The policy with its errors, and warnings of folders that are not there."""
    problems: list[Problem] = []
    content = read_text(str(path), path, problems)
    if content is None:
        return Policy(), problems
    page = Page(str(path), content, {})
    nodes = list(documents(page))
    if len(nodes) > 1:
        page.wrong(
            nodes[1], "a policy must be a single document", "remove the line ---"
        )
    if not nodes and not page.errors:
        hint = "begin with version: 1"
        return Policy(), [problem(str(path), "no policy in this file", hint)]
    policy = _policy(page, nodes[0]) if nodes else Policy()
    return policy, list(page.shown())


def _policy(page: Page, node: Node) -> Policy:
    keys = ("version", *_READERS)
    entries = known(page, "a policy", node, keys, {}) or {}
    _check_version(page, node, entries.get("version"))
    fields: dict[str, Any] = {}
    for name, entry in entries.items():
        if name in _READERS:
            fields |= _READERS[name](page, name, entry.value)
    return Policy(**fields)


def _check_version(page: Page, node: Node, entry: Entry | None) -> None:
    if entry is None:
        page.wrong(node, "a policy needs version", "begin with version: 1")
        return
    single = scalar(page, "version", entry.value)
    if single is not None and single.value != VERSION:
        message = f"unsupported version {single.value}; this release supports version 1"
        page.wrong(entry.value, message, "write version: 1")


def _list(page: Page, what: str, node: Node, read: "_Item" = word) -> tuple[str, ...]:
    if node.tag or not isinstance(node, SequenceNode):
        page.wrong(node, f"{what} must be a list", f"write {what}: [first, second]")
        return ()
    items = [read(page, f"an entry of {what}", each) for each in node.value]
    return tuple(each for each in items if each is not None)


def _items(field: str, read: "_Item") -> "_Reader":
    return lambda page, what, node: {field: _list(page, what, node, read)}


def _regions(page: Page, what: str, node: Node) -> dict[str, Any]:
    return {"regions": frozenset(_list(page, what, node, region))}


def _types(page: Page, what: str, node: Node) -> dict[str, Any]:
    if not isinstance(node, SequenceNode):
        page.wrong(node, f"{what} must be a list", "write types: [mobile, fixed-line]")
        return {}
    words = tuple(NumberType)
    read = [read_word(page, "a type", each, words) for each in node.value]
    return {"types": frozenset(NumberType(each) for each in read if each)}


def _valid_numbers(page: Page, what: str, node: Node) -> dict[str, Any]:
    return {"valid_numbers": bool(boolean(page, what, node))}


def _hosts(page: Page, what: str, node: Node) -> dict[str, Any]:
    entries = known(page, what, node, ("callbacks", "media"), {}) or {}
    fields = {"callbacks": "callback_hosts", "media": "media_hosts"}
    return {
        fields[name]: _list(page, name, entry.value, host)
        for name, entry in entries.items()
    }


def _numbers(
    page: Page, what: str, node: Node, keys: tuple[str, ...], least: int
) -> dict[str, int]:
    entries = known(page, what, node, keys, {}) or {}
    read = {
        name: integer(page, name, entry.value, least, None)
        for name, entry in entries.items()
    }
    return {name: value for name, value in read.items() if value is not None}


def _ceilings(page: Page, what: str, node: Node) -> dict[str, Any]:
    keys = (*KINDS, "attempts")
    return {"ceilings": Ceilings(**_numbers(page, what, node, keys, 0))}


def _rings(page: Page, what: str, node: Node) -> dict[str, Any]:
    entries = known(page, what, node, ("number", "account"), {}) or {}
    return {
        f"per_{name}": RingBudget(
            **_numbers(page, name, entry.value, ("hour", "day"), 0)
        )
        for name, entry in entries.items()
    }


def _rooms(page: Page, what: str, node: Node) -> dict[str, Any]:
    if not isinstance(node, SequenceNode):
        hint = "write - {folder: desired/team, conferences: [team-*]}"
        page.wrong(node, f"{what} must be a list", hint)
        return {}
    rules = [_rule(page, each) for each in node.value]
    return {"rooms": tuple(room_rule for room_rule in rules if room_rule is not None)}


def _rule(page: Page, node: Node) -> RoomRule | None:
    entries = known(page, "a rule", node, ("folder", "conferences"), {})
    if entries is None:
        return None
    if len(entries) < 2:  # noqa: PLR2004 - both keys
        page.wrong(node, "a rule needs folder and conferences")
        return None
    path = folder(page, "folder", entries["folder"].value)
    named = entries["conferences"].value
    patterns = _list(page, "conferences", named)
    if isinstance(named, SequenceNode) and not named.value:
        hint = 'write conferences: ["team-*"], or remove the rule'
        page.wrong(named, "conferences is empty, so the rule is about no room", hint)
    return None if path is None else RoomRule(path, patterns)


def _approve(page: Page, what: str, node: Node) -> dict[str, Any]:
    entries = known(page, what, node, KINDS, {}) or {}
    users = {name: _list(page, name, entry.value) for name, entry in entries.items()}
    return {"approvers": tuple(users.items())}


_Reader = Callable[[Page, str, Node], dict[str, Any]]
_Item = Callable[[Page, str, Node], str | None]

_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "variables": _items("variables", variable),
        "addresses": _items("addresses", address_prefix),
        "regions": _regions,
        "types": _types,
        "valid_numbers": _valid_numbers,
        "hosts": _hosts,
        "limits": _ceilings,
        "rings": _rings,
        "rooms": _rooms,
        "links": _items("links", absolute_folder),
        "approve": _approve,
    }
)
