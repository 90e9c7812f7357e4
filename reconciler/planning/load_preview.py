"""Preview of the ledger after a load, for plans without writes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from reconciler.model.attempt import Attempt
from reconciler.model.ledger import Elsewhere, GuardKind, Ledger, Record
from reconciler.model.phone import normal_address
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.effective import is_for_a_time
from reconciler.planning.protection import past_protection


def ledger_after_load(
    before: Roster | None,
    after: Roster,
    ledger: Ledger,
    now: float,
    *,
    edited: bool = True,
    left: Mapping[str, tuple[Attempt, ...]] = MappingProxyType({}),
) -> Ledger:
    """The ledger as a load of *after*, which differs, would leave it at *now*.

    A person's approval was for the roster that they saw. Not *edited*: the clock
    makes *after* count. What is withheld stays so then. *left* are the calls that
    people left of late: whom an edit puts back is not called.
    """
    kept = not edited and GuardKind.EXPOSURES in ledger.withheld
    records = dict(ledger.records)
    reopened = (
        before is not None
        and before.state is RoomState.ENDED
        and after.state is RoomState.OPEN
    )
    declared = {member.label: member for member in after.members}
    for label, record in ledger.records.items():
        if label not in declared and record.dismissed_at is None:
            records[label] = replace(record, dismissed_at=now)
    for label, member in declared.items():
        listed = before.member(label) if before else None
        old = None if reopened else listed
        known = ledger.records.get(label)
        record = _record(member, old, known, now)
        if edited and not reopened:
            record = _put_back(record, known, left.get(label, ()))
        if not edited and old != member:
            as_before = kept or is_for_a_time(listed, member)
            edited_at = known.edited_at if known and as_before else None
            record = replace(record, edited_at=edited_at)
        records[label] = _meant_again(record) if reopened else record
    return replace(
        ledger,
        records=records,
        withheld={} if edited else ledger.withheld,
        emptied=_emptied(before, after, ledger),
        past_protection=past_protection(
            ledger.past_protection,
            before.members if before else (),
            after.members,
            now,
        ),
    )


def by_phone(under_way: Iterable[Elsewhere]) -> dict[str, list[Elsewhere]]:
    """The attempts *under_way* by the phones that they are to."""
    found: dict[str, list[Elsewhere]] = {}
    for other in under_way:
        found.setdefault(other.attempt.address, []).append(other)
    return found


def elsewhere_after_load(
    after: Roster,
    under_way: Mapping[str, Sequence[Elsewhere]],
    declared: Mapping[str, Roster],
    released: Collection[str],
) -> tuple[Elsewhere, ...]:
    """The attempts of other rooms to the phones of *after*, as a load leaves them.

    *under_way* are those of all rooms by phone, *declared* the rosters that are loaded
    by room, *released* the rooms that the load releases. The oldest comes first.
    """
    phones = {normal_address(member.to) for member in after.members}
    to_them = (other for phone in phones for other in under_way.get(phone, ()))
    others = [other for other in to_them if other.attempt.room != after.room]
    others.sort(key=lambda other: other.attempt.id)
    return tuple(_supposed(other, declared, released) for other in others)


def _supposed(
    other: Elsewhere, declared: Mapping[str, Roster], released: Collection[str]
) -> Elsewhere:
    roster = declared.get(other.attempt.room)
    if roster is not None:
        listed = roster.member(other.attempt.label) is not None
        return replace(other, released=False, listed=listed)
    gone = other.released or other.attempt.room in released
    return replace(other, released=gone)


def _record(
    member: Member, old: Member | None, record: Record | None, now: float
) -> Record:
    if record is None:
        return Record(member.label, member.to, intent=1, changed_at=now, edited_at=now)
    return replace(
        record,
        to=member.to,
        intent=_intent(member, record),
        changed_at=record.changed_at if old == member else now,
        edited_at=record.edited_at if old == member else now,
        dismissed_at=None,
    )


def _intent(member: Member, record: Record) -> int:
    """An address that was put back is that of the call under way: no new intent."""
    if record.to == member.to:
        return record.intent
    under_way = record.open
    back = under_way is not None and under_way.to == member.to
    return under_way.intent if under_way and back else record.intent + 1


def _put_back(
    record: Record, known: Record | None, left: tuple[Attempt, ...]
) -> Record:
    """The record of whom an edit puts back; as it is where none does."""
    same = known is not None and known.to == record.to
    if same or not left or left[-1].to != record.to or record.open is not None:
        return record
    return replace(record, intent=left[-1].intent, attempts=left)


def _meant_again(record: Record) -> Record:
    """A room that was ended and is open again: everybody is called."""
    return replace(record, intent=record.intent + 1)


def _emptied(before: Roster | None, after: Roster, ledger: Ledger) -> bool:
    if after.members:
        return False
    return ledger.emptied or bool(before and before.members)
