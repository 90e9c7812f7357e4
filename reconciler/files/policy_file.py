"""The operator's policy file → ``Policy``; mistakes with their positions."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from yaml.nodes import Node, SequenceNode

from reconciler.files.document import documents
from reconciler.files.folder import problem, read_text
from reconciler.files.mapping import Entry, known
from reconciler.files.scalar import boolean, integer, scalar, text
from reconciler.files.value import read_word
from reconciler.files.yaml_text import Page
from reconciler.model.errors import Problem, RosterError, Severity
from reconciler.model.number import NumberType
from reconciler.model.policy import Ceilings, Policy, RingBudget, RoomRule

VERSION: Final = "1"
KINDS: Final = ("removals", "rings", "exposures")


def load_policy(path: str | None) -> Policy:
    """The policy in the file *path*, the default one where there is none.

    Raises RosterError with every problem.
    """
    if path is None:
        return Policy()
    policy, problems = examine_policy(Path(path))
    if problems:
        raise RosterError(tuple(problems))
    return policy


def examine_policy(path: Path) -> tuple[Policy, list[Problem]]:
    """What can be read of the file, and everything that is wrong with it."""
    problems: list[Problem] = []
    content = read_text(str(path), path, problems)
    if content is None:
        return Policy(), problems
    page = Page(str(path), content, {})
    found = list(documents(page))
    if len(found) > 1:
        page.wrong(
            found[1], "a policy must be a single document", "remove the line ---"
        )
    if not found and not page.errors:
        hint = "begin with version: 1"
        return Policy(), [problem(str(path), "no policy in this file", hint)]
    policy = _policy(page, found[0]) if found else Policy()
    errors = [each for each in page.shown() if each.severity is Severity.ERROR]
    return policy, errors


def _policy(page: Page, node: Node) -> Policy:
    keys = ("version", *_READERS)
    found = known(page, "a policy", node, keys, {}) or {}
    _check_version(page, node, found.get("version"))
    fields: dict[str, Any] = {}
    for name, entry in found.items():
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


def _list(page: Page, what: str, node: Node) -> tuple[str, ...]:
    if node.tag or not isinstance(node, SequenceNode):
        page.wrong(node, f"{what} must be a list", f"write {what}: [first, second]")
        return ()
    read = [text(page, f"an entry of {what}", each) for each in node.value]
    return tuple(each for each in read if each)


def _texts(field: str) -> "_Reader":
    return lambda page, what, node: {field: _list(page, what, node)}


def _variables(page: Page, what: str, node: Node) -> dict[str, Any]:
    names = _list(page, what, node)
    for name in names:
        if name.startswith(("TWILIO_", "RECONCILER_")):
            hint = "use another variable name for rosters"
            page.wrong(node, f"rosters may not read {name}", hint)
    return {"variables": names}


def _regions(page: Page, what: str, node: Node) -> dict[str, Any]:
    names = _list(page, what, node)
    for name in names:
        if name != "001" and not (len(name) == 2 and name.isupper()):  # noqa: PLR2004
            hint = "write ISO codes such as US, or 001 for numbers of no country"
            page.wrong(node, f"{name!r} is not a region", hint)
    return {"regions": frozenset(names)}


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
    found = known(page, what, node, ("callbacks", "media"), {}) or {}
    fields = {"callbacks": "callback_hosts", "media": "media_hosts"}
    return {
        fields[name]: _list(page, name, entry.value) for name, entry in found.items()
    }


def _numbers(
    page: Page, what: str, node: Node, keys: tuple[str, ...], least: int
) -> dict[str, int]:
    found = known(page, what, node, keys, {}) or {}
    read = {
        name: integer(page, name, entry.value, least, None)
        for name, entry in found.items()
    }
    return {name: value for name, value in read.items() if value is not None}


def _ceilings(page: Page, what: str, node: Node) -> dict[str, Any]:
    keys = (*KINDS, "attempts")
    return {"ceilings": Ceilings(**_numbers(page, what, node, keys, 0))}


def _rings(page: Page, what: str, node: Node) -> dict[str, Any]:
    found = known(page, what, node, ("number", "account"), {}) or {}
    return {
        f"per_{name}": RingBudget(
            **_numbers(page, name, entry.value, ("hour", "day"), 0)
        )
        for name, entry in found.items()
    }


def _rooms(page: Page, what: str, node: Node) -> dict[str, Any]:
    if not isinstance(node, SequenceNode):
        hint = "write - {folder: desired/team, conferences: [team-*]}"
        page.wrong(node, f"{what} must be a list", hint)
        return {}
    rules = [_rule(page, each) for each in node.value]
    return {"rooms": tuple(each for each in rules if each is not None)}


def _rule(page: Page, node: Node) -> RoomRule | None:
    found = known(page, "a rule", node, ("folder", "conferences"), {})
    if found is None:
        return None
    if len(found) < 2:  # noqa: PLR2004 - both keys
        page.wrong(node, "a rule needs folder and conferences")
        return None
    folder = text(page, "folder", found["folder"].value) or ""
    patterns = _list(page, "conferences", found["conferences"].value)
    return RoomRule(_beside(page, folder), patterns)


def _links(page: Page, what: str, node: Node) -> dict[str, Any]:
    return {"links": tuple(_beside(page, each) for each in _list(page, what, node))}


def _beside(page: Page, path: str) -> str:
    """*path* as an absolute one; a relative path begins at the policy's folder."""
    folder = os.path.dirname(os.path.abspath(page.file))  # noqa: PTH100, PTH120
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118 - links kept


def _approve(page: Page, what: str, node: Node) -> dict[str, Any]:
    found = known(page, what, node, KINDS, {}) or {}
    users = {name: _list(page, name, entry.value) for name, entry in found.items()}
    return {"approvers": tuple(users.items())}


_Reader = Callable[[Page, str, Node], dict[str, Any]]

_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "variables": _variables,
        "addresses": _texts("addresses"),
        "regions": _regions,
        "types": _types,
        "valid_numbers": _valid_numbers,
        "hosts": _hosts,
        "limits": _ceilings,
        "rings": _rings,
        "rooms": _rooms,
        "links": _links,
        "approve": _approve,
    }
)
