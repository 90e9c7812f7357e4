"""Overrides whose coaching does not fit what else is declared.

of the coaching that an override declares    the override
it closes a circle of coaches                is not applied: the newest in the circle
whoever is to be coached is not declared     is not applied until they are

With the coaching go the member's overrides that let them be heard: those were made
for somebody whom the coached person alone hears.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.declaration import Origin, Override, OverrideVerb
from reconciler.model.roster import Member
from reconciler.planning.circle import circles

NOT_APPLIED = "override not applied"
"""Begins the source of a field whose override does not fit."""


@dataclass(frozen=True, slots=True)
class Misfit:
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
    for each in origins:
        if each.field == "coaching" and each.source.startswith(NOT_APPLIED):
            yield each


def misfit(
    members: Mapping[str, Member], declared: Collection[str], words: Iterable[Override]
) -> Misfit | None:
    """What of *words*, applied to *members*, does not fit; the newest first."""
    said = {each.labels[0]: each for each in _coaching(words)}
    said = {label: each for label, each in said.items() if label in members}
    if not said:
        return None
    for label, each in said.items():
        target = each.fields[0][1]
        if isinstance(target, str) and target not in declared:
            return Misfit(each, f"no participant has the label '{target}'")
        if target == label:
            return Misfit(each, f"'{label}' cannot coach themselves")
    for circle in circles(members, lambda label: _target(members[label])):
        mine = [said[label] for label in circle if label in said]
        if mine:
            path = " → ".join((*circle, circle[0]))
            newest = max(mine, key=lambda each: each.id)
            return Misfit(newest, f"circular coaching: {path}")
    return None


def _coaching(words: Iterable[Override]) -> Iterator[Override]:
    for each in words:
        if each.verb is OverrideVerb.SET and each.fields[0][0] == "coaching":
            yield each


def _target(member: Member) -> str | None:
    return member.coaching if isinstance(member.coaching, str) else None
