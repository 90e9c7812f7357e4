"""References to the environment: ``${NAME}`` in a value, ``$${`` for ``${``."""

import re
from collections.abc import Callable, Mapping
from typing import Final

REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_MARKED: Final = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")


class ReferenceFault(ValueError):  # noqa: N818 - a fault of the file
    """A reference cannot be replaced; the text never holds a value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def replaced(
    text: str,
    environ: Mapping[str, str],
    may_read: Callable[[str], bool] = lambda _: True,
) -> str:
    """*text* with every reference replaced; raises ReferenceFault.

    A variable that *may_read* does not allow is not looked up.
    """

    def value(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        if found[1] is None:
            raise ReferenceFault(
                "a reference to the environment is not complete",
                "write ${NAME} with letters, digits and _; $${ stands for ${ itself",
            )
        return looked_up(found[1], environ, may_read)

    return _MARKED.sub(value, text)


def looked_up(
    name: str,
    environ: Mapping[str, str],
    may_read: Callable[[str], bool] = lambda _: True,
) -> str:
    """The value of *name*; raises ReferenceFault if undefined, empty or not allowed."""
    if not may_read(name):
        raise ReferenceFault(
            f"rosters may not read the environment variable {name}",
            "use one that begins with ROSTER_, or have the operator allow it: "
            "variables in the policy file (RECONCILER_POLICY)",
        )
    value = environ.get(name)
    if value:
        return value
    state = "not set" if value is None else "empty"
    raise ReferenceFault(
        f"the environment variable {name} is {state}",
        f"set {name} for this process, or write $${{ if ${{ itself is meant",
    )
