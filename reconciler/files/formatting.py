"""Formats a roster file: white space only; comments and meaning are unchanged."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.files.document import documents
from reconciler.files.node_shape import shape
from reconciler.files.yaml_text import Page
from reconciler.model.errors import RosterError

_BREAK: Final = re.compile("\r\n|[\n\r]")


def format_text(text: str, file: str = "") -> str:
    """*text* without trailing spaces or runs of blank lines, ended by a newline.

    Raises RosterError, about *file*, when *text* is not YAML. Text whose meaning
    would change is returned as it is.
    """
    before = _nodes(text, file)
    kept = {line for node in before for line in _inside_text(node)}
    body = "\n".join(_lines(text, kept)).strip("\n")
    formatted = f"{body}\n" if body else ""
    return formatted if _same(before, formatted) else text


def _nodes(text: str, file: str) -> list[Node]:
    page = Page(file, text, {})
    nodes = list(documents(page))
    if page.errors:
        raise RosterError(tuple(page.shown()))
    return nodes


def _inside_text(node: Node) -> Iterator[int]:
    """Lines, from 0, of values that span several: spaces may mean something."""
    if isinstance(node, ScalarNode):
        first, last = node.start_mark.line, node.end_mark.line
        yield from range(first, last + 1) if last > first else ()
    elif isinstance(node, SequenceNode):
        for each in node.value:
            yield from _inside_text(each)
    elif isinstance(node, MappingNode):
        for pair in node.value:
            for each in pair:
                yield from _inside_text(each)


def _lines(text: str, kept: set[int]) -> Iterator[str]:
    lines = [
        (line if number in kept else line.rstrip(" \t"), number in kept)
        for number, line in enumerate(_BREAK.split(text))
    ]
    for blank, group in groupby(lines, key=lambda each: each == ("", False)):
        yield from [""] if blank else (line for line, _ in group)


def _same(before: list[Node], formatted: str) -> bool:
    try:
        after = _nodes(formatted, "")
    except RosterError:
        return False
    return [*map(shape, before)] == [*map(shape, after)]
