"""``redial``, ``on_change`` and ``limits``."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from yaml.nodes import Node

from reconciler.files.duration_field import read_duration
from reconciler.files.mapping import Entry, known
from reconciler.files.scalar import integer
from reconciler.files.value import read_word, read_words
from reconciler.files.yaml_text import Page
from reconciler.model.roster import Cause, Limits, OnChange, Redial

REDIAL_KEYS: Final = ("on", "attempts", "backoff")
LIMIT_KEYS: Final = ("removals", "rings", "exposures")
MOST_ATTEMPTS: Final = 100
CAUSES: Final = tuple(Cause)


class Redialing(Struct, frozen=True):
    """What holds for every member that says nothing else."""

    redial: Redial
    on_change: OnChange

    @staticmethod
    def unsaid() -> "Redialing":
        """What holds where a room says nothing."""
        return Redialing(Redial(), OnChange.KEEP)

    def under(self, page: Page, entries: dict[str, Entry]) -> "Redialing":
        """The policy with what ``redial`` and ``on_change`` say instead."""
        redial, on_change = entries.get("redial"), entries.get("on_change")
        if redial is None and on_change is None:
            return self
        return Redialing(
            _redial(page, redial.value, self.redial) if redial else self.redial,
            _on_change(page, on_change.value) if on_change else self.on_change,
        )


def _on_change(page: Page, node: Node) -> OnChange:
    word = read_word(page, "on_change", node, tuple(OnChange))
    return OnChange(word) if word else OnChange.KEEP


def _redial(page: Page, node: Node, base: Redial) -> Redial:
    entries = known(page, "redial", node, REDIAL_KEYS, {}) or {}
    if "on" in entries:
        causes = read_words(page, "on", entries["on"].value, CAUSES)
        base = replace(base, on=tuple(Cause(each) for each in causes or ()))
    if "attempts" in entries:
        node = entries["attempts"].value
        attempts = integer(page, "attempts", node, 1, MOST_ATTEMPTS) or 1
        most = page.policy.ceilings.attempts
        if most is not None and attempts > most:
            message = f"attempts is {attempts}; the policy allows at most {most}"
            page.wrong(node, message)
        base = replace(base, attempts=attempts)
    if "backoff" in entries:
        base = replace(
            base, backoff=read_duration(page, "backoff", entries["backoff"].value)
        )
    return base


def _within(page: Page, what: str, node: Node, most: int | None) -> int | None:
    """A whole number, at most what the policy allows."""
    value = integer(page, what, node, 0, None)
    if value is None or most is None or value <= most:
        return value
    page.wrong(node, f"{what} is {value}; the policy allows at most {most}")
    return None


def read_limits(page: Page, entry: Entry | None) -> Limits:
    """The limits of a room, Limits() where *entry* is None."""
    if entry is None:
        return Limits()
    entries = known(page, "limits", entry.value, LIMIT_KEYS, {}) or {}
    most = page.policy.ceilings
    read = {
        name: _within(page, f"limits.{name}", each.value, getattr(most, name))
        for name, each in entries.items()
    }
    return replace(
        Limits(), **{name: value for name, value in read.items() if value is not None}
    )
