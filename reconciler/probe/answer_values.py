"""Answers of a question as they are written: rounded, and without those that are missing."""

from math import floor
from typing import TypeAlias

AnswerValue: TypeAlias = bool | float | str

STEP_SECONDS = 0.25
"""Between two looks at something that is expected to change."""


_RESOLUTION = 0.5


def lag(since: float, at: float, step_seconds: float = STEP_SECONDS) -> float:
    """Seconds from *since* to a change that was seen *at*, to the nearest half second.

    The change came up to *step_seconds* before it was seen.
    """
    return rounded(at - since - step_seconds / 2, _RESOLUTION)


def rounded(seconds: float, resolution: float) -> float:
    """*seconds* to the nearest multiple of *resolution*, never below 0."""
    return round(max(0.0, floor(seconds / resolution + 0.5) * resolution), 3)


def only(**answers: AnswerValue | None) -> dict[str, AnswerValue]:
    """The answers that there are."""
    return {name: value for name, value in answers.items() if value is not None}
