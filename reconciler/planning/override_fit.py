"""Overrides whose coaching does not fit what else is declared.

of the coaching that an override declares    the override
it closes a circle of coaches                is not applied: the newest in the circle
whoever is to be coached is not declared     is not applied until they are

With the coaching go the member's overrides that let them be heard: those were made
for somebody whom the coached person alone hears.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from reconciler.model.declaration import Origin, Override, OverrideVerb
from reconciler.model.roster import Member
from reconciler.planning.circle import circles

NOT_APPLIED = "override not applied"
"""Begins the source of a field whose override does not fit."""


class Misfit(Struct, frozen=True):
    """An override of ``coaching`` that does not fit, and why."""

    override: Override
    fault: str

    @property
    def label(self) -> str:
        """The member who was to coach."""
        return self.override.labels[0]

    def covers(self, other: Override) -> bool:
        """Whether *other* is not applied either."""
        mine = other.verb is OverrideVerb.SET and other.labels[0] == self.label
        heard = ("muted", False), ("hold", False)
        return other == self.override or (mine and other.fields[0] in heard)


def unfit(origins: Iterable[Origin]) -> Iterator[Origin]:
    """The coaching of overrides that are not applied, with the reasons as sources."""
    for origin in origins:
        if origin.field == "coaching" and origin.source.startswith(NOT_APPLIED):
            yield origin


def misfit(
    members: Mapping[str, Member], declared: Collection[str], words: Iterable[Override]
) -> Misfit | None:
    """What of *words*, applied to *members*, does not fit; the newest first."""
    said = {override.labels[0]: override for override in _coaching(words)}
    said = {label: override for label, override in said.items() if label in members}
    if not said:
        return None
    for label, override in said.items():
        target = override.fields[0][1]
        if isinstance(target, str) and target not in declared:
            return Misfit(override, f"no participant has the label '{target}'")
        if target == label:
            return Misfit(override, f"'{label}' cannot coach themselves")
    for circle in circles(members, lambda label: _target(members[label])):
        overrides = [said[label] for label in circle if label in said]
        if overrides:
            path = " → ".join((*circle, circle[0]))
            newest = max(overrides, key=lambda override: override.id)
            return Misfit(newest, f"circular coaching: {path}")
    return None


def _coaching(words: Iterable[Override]) -> Iterator[Override]:
    for override in words:
        if override.verb is OverrideVerb.SET and override.fields[0][0] == "coaching":
            yield override


def _target(member: Member) -> str | None:
    return member.coaching if isinstance(member.coaching, str) else None
