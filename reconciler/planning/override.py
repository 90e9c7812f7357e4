"""Overrides: parsing, text, and their effect."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.roster import Member, Roster, Value
from reconciler.planning.roster_layers import STATE_FIELDS


def words_of(override: Override) -> str:
    """An override in a few words, beginning with its verb as a command has it."""
    match override.verb:
        case OverrideVerb.SET:
            fields = " ".join(f"{name}={written(x)}" for name, x in override.fields)
            return f"set {override.labels[0]} {fields}"
        case OverrideVerb.MUTE_ALL if override.labels:
            return f"mute-all except {', '.join(override.labels)}"
        case OverrideVerb.ONLY:
            return f"only {', '.join(override.labels)}"
        case OverrideVerb.MODE:
            return f"mode {override.mode}"
        case _:
            return str(override.verb)


def written(value: Value | None) -> str:
    """A value as a command line takes it; a dash for one that is not declared."""
    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def numbered(
    drafts: Sequence[Override], stand: Sequence[Override]
) -> tuple[Override, ...]:
    """*drafts* as newer than all that stand."""
    last = max((override.id for override in stand), default=0)
    return tuple(replace(x, id=last + n) for n, x in enumerate(drafts, 1))


def override_data(override: Override) -> dict[str, Any]:
    """An override for JSON; times in Unix seconds."""
    return {
        "id": override.id,
        "verb": str(override.verb),
        "text": words_of(override),
        "labels": list(override.labels),
        "fields": dict(override.fields),
        "mode": override.mode,
        "since": override.at,
        "until": override.until,
        "by": override.who,
        "reason": override.reason,
    }


class Difference(Struct, frozen=True):
    """A field of a member, or of the room (label ""), in two rosters.

    The field ``declared`` is False where a roster does not name the member.
    """

    label: str
    field: str
    before: Value | None
    after: Value | None

    @property
    def text(self) -> str:
        """The difference in a line."""
        return f"{self.label}: {self.what}" if self.label else self.what

    @property
    def what(self) -> str:
        """The difference without the label."""
        return f"{self.field} {written(self.before)} → {written(self.after)}"

    @property
    def data(self) -> dict[str, Any]:
        """The difference for JSON."""
        return {
            "label": self.label,
            "field": self.field,
            "from": self.before,
            "to": self.after,
        }


def differences(before: Roster, after: Roster) -> tuple[Difference, ...]:
    """What of states differs, the room's first, then by member as *after* has them."""
    return tuple(_differences(before, after))


def _differences(before: Roster, after: Roster) -> Iterator[Difference]:
    for name in ("state", "unlisted"):
        old, new = str(getattr(before, name)), str(getattr(after, name))
        if old != new:
            yield Difference("", name, old, new)
    known = {each.label: each for each in before.members}
    for member in after.members:
        old_member = known.pop(member.label, None)
        if old_member is None:
            yield Difference(member.label, "declared", before=False, after=True)
            continue
        for name in STATE_FIELDS:
            one, other = getattr(old_member, name), getattr(member, name)
            if one != other:
                yield Difference(member.label, name, one, other)
    for label in known:
        yield Difference(label, "declared", before=True, after=False)


def exposed(before: Roster, after: Roster) -> tuple[str, ...]:
    """Who is declared to be heard by all in *after* and was not in *before*."""
    silent = {member.label for member in before.members if not _heard(member)}
    heard = (member.label for member in after.members if _heard(member))
    return tuple(label for label in heard if label in silent)


def _heard(member: Member) -> bool:
    coaches = isinstance(member.coaching, str)
    return member.muted is not True and member.hold is not True and not coaches
