"""``version``: the format version of a document."""

from typing import Final

from yaml.nodes import Node, ScalarNode

from reconciler.files.mapping import Entry
from reconciler.files.scalar import unquoted_form
from reconciler.files.yaml_text import Page

VERSION: Final = "1"


def check_version(
    page: Page, node: Node, entry: Entry | None, what: str = "a roster"
) -> None:
    """Note a missing version, or one that this release does not read."""
    if entry is None:
        page.wrong(node, f"{what} needs version", "begin with version: 1")
        return
    value = entry.value
    if not isinstance(value, ScalarNode) or value.value != VERSION:
        page.wrong(value, _unsupported(value), "write version: 1")
    elif unquoted_form(value) != "number" or value.tag:
        page.wrong(value, "version must be a number", "write version: 1")


def _unsupported(value: Node) -> str:
    found = value.value if isinstance(value, ScalarNode) else "this"
    return f"unsupported version {found}; this release supports version {VERSION}"
