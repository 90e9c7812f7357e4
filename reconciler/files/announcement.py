"""Announcements of a room and of a member."""

from typing import Final

from yaml.nodes import Node, ScalarNode, SequenceNode

from reconciler.files.mapping import Entry, known, shown
from reconciler.files.scalar import text
from reconciler.files.value import read_url, read_word
from reconciler.files.yaml_text import Page
from reconciler.model.masking import invisible
from reconciler.model.parameter import BY_NAME
from reconciler.model.roster import Announcement

KEYS: Final = ("id", "url", "method")
METHODS: Final = BY_NAME["announce_method"].words
LONGEST_ID: Final = 256


def read_announcements(page: Page, node: Node) -> tuple[Announcement, ...]:
    """The announcements of a list, without those that are wrong."""
    if node.tag or not isinstance(node, SequenceNode):
        page.wrong(
            node,
            "announcements must be a list",
            "write - {id: welcome, url: https://…}",
        )
        return ()
    ids: set[str] = set()
    read = [_read(page, each, ids) for each in node.value]
    return tuple(announcement for announcement in read if announcement)


def _read(page: Page, node: Node, ids: set[str]) -> Announcement | None:
    """One announcement; its id is added to *ids*, the ones before it."""
    entries = known(page, "an announcement", node, KEYS, {})
    if entries is None:
        return None
    id_ = _id(page, entries["id"].value) if "id" in entries else None
    if id_ in ids:
        said = entries["id"].value
        written = said.value if isinstance(said, ScalarNode) else id_
        page.wrong(node, f"two announcements have the id {shown(str(written))}")
    elif id_:
        ids.add(id_)
    missing = [key for key in ("id", "url") if key not in entries]
    if missing:
        page.wrong(node, f"an announcement needs {' and '.join(missing)}")
        return None
    url = read_url(page, "url", entries["url"].value, empty=False)
    method = _method(page, "method", entries.get("method"))
    return Announcement(id_, url, method) if id_ and url else None


def _id(page: Page, node: Node) -> str | None:
    value = text(page, "id", node)
    if value is not None and isinstance(node, ScalarNode) and "${" in node.value:
        page.wrong(
            node,
            "an id is stored and shown, and must not refer to the environment",
            "write a name, such as welcome",
        )
        return None
    if value is not None and (hidden := invisible(value)):
        page.wrong(node, f"an id contains {hidden}, which is invisible", "remove it")
        return None
    if value is None or 0 < len(value) <= LONGEST_ID:
        return value
    page.wrong(node, f"an id has 1 to {LONGEST_ID} characters")
    return None


def _method(page: Page, what: str, entry: Entry | None) -> str | None:
    return read_word(page, what, entry.value, METHODS) if entry else None


def read_shorthand(page: Page, entries: dict[str, Entry]) -> tuple[Announcement, ...]:
    """The one announcement that ``announce_url`` stands for, if it is given."""
    url_entry = entries.get("announce_url")
    method_entry = entries.get("announce_method")
    method = _method(page, "announce_method", method_entry)
    if url_entry is None:
        if method_entry is not None:
            page.wrong(method_entry.key, "announce_method needs announce_url")
        return ()
    url = read_url(page, "announce_url", url_entry.value, empty=False)
    return (Announcement(f"announce_url:{url}", url, method),) if url else ()


def joined(
    general: tuple[Announcement, ...], own: tuple[Announcement, ...]
) -> tuple[Announcement, ...]:
    """The room's announcements, then a member's; of one id the member's holds."""
    if not own:
        return general
    merged = {announcement.id: announcement for announcement in general} | {
        announcement.id: announcement for announcement in own
    }
    return tuple(merged.values())
