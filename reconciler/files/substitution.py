"""References to the environment: ``${NAME}`` in a value, ``$${`` for ``${``."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from reconciler.model.reference import substituted

REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


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

    def value(name: str | None) -> str:
        if name is None:
            raise ReferenceFault(
                "a reference to the environment is not complete",
                "write ${NAME} with letters, digits and _, or $${ for a literal ${",
            )
        return looked_up(name, environ, may_read)

    return substituted(text, value)


def looked_up(
    name: str,
    environ: Mapping[str, str],
    may_read: Callable[[str], bool] = lambda _: True,
) -> str:
    """The value of *name*; raises ReferenceFault if undefined, empty or not allowed."""
    if not may_read(name):
        raise ReferenceFault(
            f"rosters may not read the environment variable {name}",
            "use one that begins with ROSTER_, or ask the operator to allow it "
            "(variables in the policy file, RECONCILER_POLICY)",
        )
    value = environ.get(name)
    if value:
        return value
    state = "not set" if value is None else "empty"
    raise ReferenceFault(
        f"the environment variable {name} is {state}",
        f"set {name} for this process, or write $${{ for a literal ${{",
    )
