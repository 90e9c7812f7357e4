"""Path and text of a file that a roster file refers to."""

import os
from typing import Final

from yaml.nodes import Node

from reconciler.files.folder import Content, decoded
from reconciler.files.scalar import text
from reconciler.files.yaml_text import Page
from reconciler.model.errors import Problem

_HINT: Final = "create the file, or correct its path, which is relative to this file"


def read_named(page: Page, what: str, node: Node) -> Page | None:
    """The file that *node* names, as a page of its own; None is noted.

    The path is relative to the file that names it, and stays in its folder.
    """
    path = text(page, what, node)
    if path is None:
        return None
    folder = os.path.dirname(page.file_of(node))  # noqa: PTH120
    name = os.path.normpath(os.path.join(folder, path))  # noqa: PTH118 - links kept
    if not path or not _allowed(page, name):
        hint = "name a file of the folder, relative to this one, such as people.csv"
        page.wrong(node, f"{what}: {name!r} is not in the folder of this file", hint)
        return None
    page.inputs.name(name, part=what == "include")
    content = page.inputs.referenced.content(name)
    if isinstance(content, Problem):
        hint = content.hint or _HINT
        page.wrong(node, f"{what}: {name}: {content.message}", hint)
        return None
    return _page(page, name, content)


def _page(page: Page, name: str, content: Content) -> Page | None:
    found = decoded(name, content.data)
    if isinstance(found, Problem):
        page.add_source(name, content.data.decode("utf-8-sig", errors="replace"))
        page.adopt(found)
        return None
    page.add_source(name, found)
    other = Page(name, found, page.environ, page.policy)
    other.inputs = page.inputs
    return other


def _allowed(page: Page, name: str) -> bool:
    """Whether *name*, its links resolved, lies where files of this load may be."""
    target = os.path.realpath(name)
    roots = page.inputs.referenced.roots(page.file)
    links = map(os.path.realpath, page.policy.links)
    return any(target.startswith(f"{each.rstrip('/')}/") for each in (*roots, *links))
