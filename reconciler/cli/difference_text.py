"""Differences of generations, as lines for people and as data."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconciler.model.masking import mask
from reconciler.planning.comparison import PRESENT
from reconciler.planning.describe import counted
from reconciler.planning.override import Difference


def difference_line(difference: Difference) -> str:
    """``+ bob``, ``- bob``, ``~ bob: muted true → false``."""
    if difference.field == PRESENT:
        return mask(f"{'+' if difference.after else '-'} {difference.label}")
    return mask(f"~ {difference.text}")


def difference_lines(
    differences: Sequence[Difference], most: int, more: str
) -> Iterator[str]:
    """A line each, at most *most*; *more* is the command that shows all."""
    for difference in differences[:most]:
        yield difference_line(difference)
    if len(differences) > most:
        rest = counted(len(differences) - most, "change", "changes")
        yield f"and {rest} more: {more}"


def differences_data(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """The same for JSON."""
    return [
        {**difference.data, "label": mask(difference.label)}
        for difference in differences
    ]
