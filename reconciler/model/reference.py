"""References to the environment in a text: ``${NAME}``; ``$${`` is a plain ``${``."""

import re
from collections.abc import Callable
from typing import Final

from reconciler.model.parameter import REFERABLE
from reconciler.model.roster import Fields, Value

MARKED: Final = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")


def revealed(fields: Fields, value: Callable[[str], str]) -> Fields:
    """*fields* with references replaced in those that may have them; LookupError."""

    def one(name: str, said: Value) -> Value:
        if name not in REFERABLE or not isinstance(said, str):
            return said
        return substituted(said, lambda found: value(found or ""))

    return tuple((name, one(name, said)) for name, said in fields)


def substituted(text: str, value: Callable[[str | None], str]) -> str:
    """*text* with what *value* gives for each name, None for one that is cut off."""

    def one(found: re.Match[str]) -> str:
        return "${" if found[0] == "$${" else value(found[1])

    return MARKED.sub(one, text)
