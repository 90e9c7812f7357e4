"""Puts the sources of the documentation site together from the files of the repository."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "docs/mkdocs.yml"

OUTSIDE = {
    "README.md": "index.md",
    "deploy/README.md": "deploy.md",
    "ARCHITECTURE.md": "architecture.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages that are not below docs/, and their names in the site."""

_LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")
_PAGES = {".md", ".png", ".svg", ".json"}
FILES = "files"
"""Folder of files of the repository that pages link to and that are no pages."""


def site_pages() -> dict[str, str]:
    """The name in the site of each page and picture, by its path in the repository."""
    docs = ROOT / "docs"
    found = sorted(each for each in docs.rglob("*") if each.suffix in _PAGES)
    inside = {str(x.relative_to(ROOT)): str(x.relative_to(docs)) for x in found}
    return inside | OUTSIDE


def write_sources(folder: Path) -> None:
    """Write the pages into *folder*, with links that lead to each other."""
    pages = site_pages()
    for path, name in pages.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".md":
            text = (ROOT / path).read_text("utf-8")
            target.write_text(relinked(text, path, pages), "utf-8")
        else:
            shutil.copy(ROOT / path, target)
    for path in linked_files(pages):
        target = folder / FILES / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)


def linked_files(pages: dict[str, str]) -> Iterator[str]:
    """Files of the repository, beside pages, to which pages link."""
    for page in pages:
        if page.endswith(".md"):
            text = (ROOT / page).read_text("utf-8")
            for _, link, _ in _LINK.findall(text):
                path = _resolved(page, link)
                if path not in pages and (ROOT / path).is_file():
                    yield path


def relinked(text: str, page: str, pages: dict[str, str]) -> str:
    """*text* of *page* with its links as they are in the site."""

    def link(found: re.Match[str]) -> str:
        target = _target(_resolved(page, found[2]), pages)
        if target is None:
            return found[0]
        up = "../" * pages[page].count("/")
        return f"{found[1]}{up}{target}{found[3]}"

    return _LINK.sub(link, text)


def _target(path: str, pages: dict[str, str]) -> str | None:
    if path in pages:
        return pages[path]
    if (ROOT / path).is_dir() and f"{path}/README.md" in pages:
        return pages[f"{path}/README.md"]
    return f"{FILES}/{path}" if (ROOT / path).is_file() else None


def _resolved(page: str, link: str) -> str:
    """The path in the repository of a *link* on *page*."""
    whole = ((ROOT / page).parent / link).resolve()
    return str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else link


def nav_pages() -> list[str]:
    """The pages in the order of the site's navigation."""
    return list(_pages_below(yaml.safe_load(CONFIG.read_text("utf-8"))["nav"]))


def _pages_below(entry: Any) -> Iterator[str]:
    """The pages of a list, of the sections of a mapping, or of a page itself."""
    if isinstance(entry, str):
        yield entry
        return
    for each in entry if isinstance(entry, list) else entry.values():
        yield from _pages_below(each)
