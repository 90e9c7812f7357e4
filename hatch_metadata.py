"""Metadata of the distribution: the README as a package index shows it, and addresses.

``REPOSITORY`` in the environment is where the source is published. Links of the README
then lead there, and the index shows the addresses. Without it links are text.
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hatchling.metadata.plugin.interface import MetadataHookInterface

_IMAGE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*")
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)]*)\)")


def for_an_index(text: str, files: str = "") -> str:
    """*text* without links that lead nowhere: to *files*, or to nothing where "".

    *files* is the address of the repository's folder.
    """
    linked = rf"[\1]({files}/\2)" if files else r"\1"
    return _LINK.sub(linked, _IMAGE.sub("", text))


def repository(environ: dict[str, str]) -> str:
    """The address of the repository, "" for none; ValueError if it is none."""
    address = environ.get("REPOSITORY", "").strip().rstrip("/")
    if address and not (address.startswith("https://") and urlsplit(address).hostname):
        raise ValueError(f"REPOSITORY is {address}: write https:// and a host")
    return address


class CustomMetadataHook(MetadataHookInterface):
    """Sets the description and the addresses of the distribution."""

    def update(self, metadata: dict[str, Any]) -> None:
        address = repository(dict(os.environ))
        files = f"{address}/blob/v{metadata['version']}" if address else ""
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": for_an_index(text, files),
        }
        metadata["urls"] = _urls(address, files) if address else {}


def _urls(address: str, files: str) -> dict[str, str]:
    return {
        "Repository": address,
        "Documentation": f"{files}/docs",
        "Changelog": f"{files}/CHANGELOG.md",
        "Issues": f"{address}/issues",
    }
