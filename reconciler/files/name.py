"""Names of groups, roles and modes: one word, valid on a command line."""

import re
from typing import Final

from yaml.nodes import ScalarNode

from reconciler.files.mapping import shown
from reconciler.files.yaml_text import Page

LONGEST: Final = 64
NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
RESERVED: Final = frozenset({"others", "unlisted", "role"})
"""Words that have a meaning of their own in a mode."""

_NAME: Final = re.compile(NAME)


def check_name(page: Page, what: str, key: ScalarNode) -> None:
    """Note what is wrong with *key* as the name of a *what*."""
    name = key.value
    fits = _NAME.fullmatch(name) and len(name) <= LONGEST
    if not fits or key.tag:
        page.wrong(
            key,
            f"{shown(name)} cannot be the name of a {what}",
            f"write letters, digits, dots, _ and -, at most {LONGEST}, a letter or digit "
            "first",
        )
    elif name in RESERVED:
        page.wrong(key, f"{name} has a meaning of its own in modes", "choose another")
