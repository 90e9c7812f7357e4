"""References to the environment in a text: ``${NAME}``; ``$${`` is a plain ``${``."""

import re
from collections.abc import Callable
from typing import Final

MARKED: Final = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")


def substituted(text: str, value: Callable[[str | None], str]) -> str:
    """*text* with what *value* gives for each name, None for one that is cut off."""

    def one(found: re.Match[str]) -> str:
        return "${" if found[0] == "$${" else value(found[1])

    return MARKED.sub(one, text)
