"""File and line that declare a member."""

from pathlib import Path

from yaml.nodes import MappingNode, Node

from reconciler.files.document import documents
from reconciler.files.folder import read_text
from reconciler.files.yaml_text import Page


def place_of_entry(source: str, label: str) -> str:
    """``file:line`` of *label*'s entry; *source*, the room's own, if not found.

    The file is read as it is now: it may have changed since it was loaded.
    """
    file, _, line = source.rpartition(":")
    if not file or not line.isdecimal():
        return source
    text = read_text(file, Path(file), [])
    if text is None:
        return source
    for document in documents(Page(file, text, {})):
        if document.start_mark.line + 1 == int(line):
            key = _key(_value(document, "participants"), label)
            return f"{file}:{key.start_mark.line + 1}" if key else source
    return source


def _pairs(node: Node | None) -> list[tuple[Node, Node]]:
    return list(node.value) if isinstance(node, MappingNode) else []


def _key(node: Node | None, name: str) -> Node | None:
    return next((key for key, _ in _pairs(node) if key.value == name), None)


def _value(node: Node | None, name: str) -> Node | None:
    return next((value for key, value in _pairs(node) if key.value == name), None)
