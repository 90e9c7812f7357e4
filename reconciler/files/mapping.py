"""Strict YAML mappings: known keys, no duplicates, merges expanded."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.files.scalar import is_plain, untagged
from reconciler.files.yaml_text import Page

LONGEST_GUESSED: Final = 64


class Entry(NamedTuple):
    """A key and its value as they stand in the file."""

    key: ScalarNode
    value: Node


def entries(page: Page, what: str, node: Node) -> dict[str, Entry] | None:
    """The keys of *node* in file order, merged ones last; None is noted.

    A key given twice is noted; the first stands.
    """
    if not untagged(page, what, node):
        return None
    if not isinstance(node, MappingNode):
        page.wrong(node, f"{what} must be a mapping of keys to values")
        return None
    own: dict[str, Entry] = {}
    merged: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            page.wrong(key, f"a key of {what} must be a word")
        elif key.value == "<<" and is_plain(key):
            merged = _merged(page, value) | merged
        elif key.value in own:
            first = page.place(own[key.value].key)
            message = f"{shown(key.value)} is given twice; first at {first}"
            page.wrong(key, message, "keep one of them, or rename this one")
        else:
            own[key.value] = Entry(key, value)
    return own | {name: merged[name] for name in merged if name not in own}


def may_have(node: Node, name: str) -> bool:
    """Whether ``entries`` of *node* may have *name*, itself or by a merge."""
    return isinstance(node, MappingNode) and any(
        isinstance(key, ScalarNode) and key.value in {name, "<<"}
        for key, _ in node.value
    )


def known(
    page: Page,
    what: str,
    node: Node,
    keys: Collection[str],
    elsewhere: Mapping[str, str],
    *,
    extensible: bool = False,
) -> dict[str, Entry] | None:
    """The entries of *node* that are among *keys*; others are noted.

    *elsewhere* says of keys that belong in another place what to do. Where
    *extensible*, keys that begin with ``x-`` are left out in silence.
    """
    found = entries(page, what, node)
    if found is None:
        return None
    strange = [name for name in found if name not in keys]
    for name in strange:
        key = found.pop(name).key
        if extensible and is_extension(name):
            continue
        hint = elsewhere.get(name) or _guess(page, name, keys)
        page.secret |= hint_is_secret(hint)
        page.wrong(key, f"unknown key {shown(name)} in {what}", hint)
    return found


def is_extension(name: str) -> bool:
    """Whether *name* is a key of the author's own: a place for anchors."""
    return name.startswith("x-")


def _guess(page: Page, name: str, keys: Collection[str]) -> str:
    return did_you_mean(name, keys) if page.may_guess() else ""


def did_you_mean(word: str, words: Collection[str]) -> str:
    """A hint that names the word probably meant, or "" when none is near."""
    if len(word) > LONGEST_GUESSED:
        return ""
    plain = {_folded(each): str(each) for each in words}
    near = get_close_matches(_folded(word), plain, n=1, cutoff=0.6)
    return f"did you mean {plain[near[0]]!r}?" if near else ""


def _folded(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower()


def hint_is_secret(hint: str) -> bool:
    """Whether a mistyped key was meant to hold a secret."""
    return "password" in hint or "token" in hint


def shown(text: str) -> str:
    """*text* quoted for a message, cut when long."""
    return repr(text if len(text) <= LONGEST_GUESSED else text[:LONGEST_GUESSED] + "…")


def _merged(page: Page, node: Node) -> dict[str, Entry]:
    """What ``<<: node`` brings in; of several mappings the first wins."""
    result: dict[str, Entry] = {}
    for each in _mappings(node):
        found = entries(page, "the value of <<", each)
        result |= {k: v for k, v in (found or {}).items() if k not in result}
    return result


def _mappings(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    else:
        yield node
