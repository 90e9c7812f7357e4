"""The ledger as it would be once a roster is loaded: a plan before any write."""

from dataclasses import replace

from reconciler.model.ledger import Ledger, Record
from reconciler.model.roster import Member, Roster


def suppose(before: Roster | None, after: Roster, ledger: Ledger, now: float) -> Ledger:
    """The ledger as a load of *after*, which differs, would leave it at *now*.

    A person's approval was for the roster that they saw.
    """
    records = dict(ledger.records)
    declared = {member.label: member for member in after.members}
    for label, record in ledger.records.items():
        if label not in declared and record.dismissed_at is None:
            records[label] = replace(record, dismissed_at=now)
    for label, member in declared.items():
        old = before.member(label) if before else None
        records[label] = _record(member, old, ledger.records.get(label), now)
    return replace(
        ledger,
        records=records,
        emptied=_emptied(before, after, ledger),
        approved=None,
    )


def _record(
    member: Member, old: Member | None, record: Record | None, now: float
) -> Record:
    if record is None:
        return Record(member.label, member.to, intent=1, changed_at=now)
    meant = record.to != member.to
    return replace(
        record,
        to=member.to,
        intent=record.intent + 1 if meant else record.intent,
        changed_at=record.changed_at if old == member else now,
        dismissed_at=None,
    )


def _emptied(before: Roster | None, after: Roster, ledger: Ledger) -> bool:
    if after.members:
        return False
    return ledger.emptied or bool(before and before.members)
