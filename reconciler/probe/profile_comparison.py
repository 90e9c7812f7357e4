"""Differences between two profiles."""

from collections.abc import Iterator

from msgspec import Struct

from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.profile import Profile


class AnswerDifference(Struct, frozen=True):
    """One answer that differs; None where a profile has none."""

    name: str
    old: AnswerValue | None
    new: AnswerValue | None


def differences(old: Profile, new: Profile) -> tuple[AnswerDifference, ...]:
    """Answers that differ, by name; one that only one profile has differs too."""
    return tuple(_differences(old, new))


def _differences(old: Profile, new: Profile) -> Iterator[AnswerDifference]:
    for name in sorted({*old.answers, *new.answers}):
        before, now = old.answers.get(name), new.answers.get(name)
        if before != now:
            yield AnswerDifference(name, before, now)


def shown(value: AnswerValue | None) -> str:
    """An answer as text."""
    if value is None:
        return "no answer"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else value
