"""``replaces``: whom a member takes over from."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from yaml.nodes import MappingNode, Node

from reconciler.files.duration_field import read_duration
from reconciler.files.label import declarable
from reconciler.files.mapping import LONGEST_GUESSED, known, shown
from reconciler.files.scalar import text
from reconciler.files.value import read_word
from reconciler.files.yaml_text import Page
from reconciler.model.roster import Late, Member, Replacement
from reconciler.planning.circle import circles

_SIMILAR: Final = 0.75
"""How much of two labels agrees where one may be the other misspelt."""

KEYS: Final = ("label", "settle", "deadline", "then")


def read_replaces(page: Page, label: str, node: Node) -> Replacement | None:
    """Whom the member *label* replaces; None is noted.

    Any label can be named: the old one usually leaves the file in the same edit.
    """
    if not isinstance(node, MappingNode):
        old = _old(page, label, node)
        return Replacement(old) if old else None
    entries = known(page, "replaces", node, KEYS, {}) or {}
    if "label" not in entries:
        page.wrong(node, "replaces needs label", "write replaces: {label: LABEL}")
        return None
    old = _old(page, label, entries["label"].value)
    settle, deadline, then = map(entries.get, KEYS[1:])
    word = read_word(page, "then", then.value, tuple(Late)) if then else Late.KEEP
    if then and not deadline:
        page.wrong(then.key, "then needs deadline", "add deadline: 2m")
    if old is None:
        return None
    return Replacement(
        old,
        read_duration(page, "settle", settle.value) if settle else 5.0,
        read_duration(page, "deadline", deadline.value) if deadline else None,
        word != Late.LET_GO,
    )


def _old(page: Page, label: str, node: Node) -> str | None:
    old = text(page, "replaces", node)
    if old is None:
        return None
    if not declarable(old):
        message = f"{shown(old)} cannot be a label"
        page.wrong(node, message, "write the label of the member to replace")
        return None
    if old == label:
        hint = "name the member who leaves, or remove replaces"
        page.wrong(node, f"{shown(label)} cannot replace themselves", hint)
        return None
    return old


def check_replacements(
    page: Page, members: Mapping[str, Member], places: Mapping[str, Node]
) -> None:
    """Note members who replace each other in a circle, and labels misspelt."""
    olds = {
        label: member.replaces.label
        for label, member in members.items()
        if member.replaces
    }
    for circle in circles(members, olds.get):
        path = " → ".join((*circle, circle[0]))
        hint = f"remove replaces from {circle[0]}, or from another of them"
        page.wrong(places[circle[0]], f"circular replaces: {path}", hint)
    for label, old in olds.items():
        near = _near(old, members.keys() - {label}) if old not in members else ""
        if near and page.may_guess():
            message = (
                f"{shown(label)} replaces {shown(old)}, whom this room does not list"
            )
            hint = f"did you mean {near!r}? Nothing is wrong if {old} was listed before"
            page.warn(places[label], message, hint)


def _near(word: str, labels: Iterable[str]) -> str:
    """The label that was probably meant; "" where *word* may be one of before."""
    found = get_close_matches(word[:LONGEST_GUESSED], sorted(labels), 1, _SIMILAR)
    return found[0] if found else ""
