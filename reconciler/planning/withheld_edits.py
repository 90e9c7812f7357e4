"""Which withheld kinds an edit is about; any other edit leaves them withheld.

kind        an edit is about it where
removals    somebody who was dismissed is declared again, or somebody is dismissed;
            parameters of a call, ``replaces``, groups or ``unlisted`` change
rings       somebody comes, goes or has another number; groups change
exposures   somebody is no longer muted or on hold, or coaches otherwise
each        its limit or ``state`` changes, or the room was released
"""

from collections.abc import Collection, Iterator

from reconciler.model.ledger import GuardKind
from reconciler.model.roster import Member, Roster


def touched_kinds(
    before: Roster, dismissed: Collection[str], after: Roster
) -> frozenset[GuardKind]:
    """The kinds that an edit of *before* to *after* is about.

    *dismissed* are the labels that had left the roster before.
    """
    if before.state is not after.state:
        return frozenset(GuardKind)
    return frozenset(_touched(before, dismissed, after))


def _touched(
    before: Roster, dismissed: Collection[str], after: Roster
) -> Iterator[GuardKind]:
    old, new = ({x.label: x for x in roster.members} for roster in (before, after))
    kept = [(old[label], new[label]) for label in old.keys() & new.keys()]
    limits, grouped = before.limits, before.groups != after.groups
    if (
        grouped
        or before.unlisted is not after.unlisted
        or limits.removals != after.limits.removals
        or old.keys() - new.keys()
        or not new.keys().isdisjoint(dismissed)
        or any(_call(one) != _call(other) for one, other in kept)
    ):
        yield GuardKind.REMOVALS
    if (
        grouped
        or limits.rings != after.limits.rings
        or old.keys() != new.keys()
        or any(one.to != other.to for one, other in kept)
    ):
        yield GuardKind.RINGS
    if limits.exposures != after.limits.exposures or any(
        _more_heard(*each) for each in kept
    ):
        yield GuardKind.EXPOSURES


def _call(member: Member) -> object:
    """What a change removes somebody for."""
    return (
        member.to,
        member.sender,
        member.create_only,
        member.on_change,
        member.replaces,
    )


def _more_heard(before: Member, after: Member) -> bool:
    silenced = before.muted is True and after.muted is not True
    held = before.hold is True and after.hold is not True
    return silenced or held or before.coaching != after.coaching
