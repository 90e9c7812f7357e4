"""Where a member's entry is written, as far as the file still says so."""

from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node


def place_of_entry(source: str, label: str) -> str:
    """``file:line`` of *label*'s entry; *source*, the room's own, if not found.

    The file is read as it is now: it may have changed since it was loaded.
    """
    file, _, line = source.rpartition(":")
    if not file or not line.isdecimal():
        return source
    try:
        documents = list(
            yaml.compose_all(Path(file).read_text("utf-8"), yaml.CSafeLoader)
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return source
    for document in documents:
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
