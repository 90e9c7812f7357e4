"""The README as a package index shows it: links to files of the repository are text."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_IMAGE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*")
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)[^)]*\)")


def for_an_index(text: str) -> str:
    """*text* without pictures and links that lead nowhere outside the repository."""
    return _LINK.sub(r"\1", _IMAGE.sub("", text))


class CustomMetadataHook(MetadataHookInterface):
    """Sets the description of the distribution."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": for_an_index(text),
        }
