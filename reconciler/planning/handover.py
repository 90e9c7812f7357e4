"""Hands an open attempt to the label that now declares its phone.

open attempt                           becomes
that was adopted, of a call whose      as it is: its phone is only its label's
  record shows another phone
of a dismissed label                   that of a listed label which declares its
                                       phone and has no open attempt
of a label whose number changed        the same; where the call bears its own label at
                                       Twilio, only if the other has no attempt at all
                                       and its own member is not redialed for a change
lost, of a room that was released      the same, unless another account made it
of its own label, of an older intent   one of the present intent, once it is seen
                                       to continue
any other                              as it is

A phone is called once, whatever label asks for it: a renamed member takes over the
ring that is under way, and a raised intent is used up by it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.attempt import UNCERTAIN, Attempt
from reconciler.model.ledger import Ledger, Record
from reconciler.model.phone import normal_address
from reconciler.planning.absence import LOST_CREATE_SECONDS
from reconciler.planning.finding import Reassigned

STANDS_AFTER_SECONDS = 10.0
"""Seconds after an edit in which a call that continues may be about to end by it."""


class HandedOver(Struct, frozen=True):
    """Records after attempts changed hands, and what to put on record of that."""

    records: Mapping[str, Record]
    findings: tuple[Reassigned, ...] = ()


def hand_over(
    room: str, ledger: Ledger, now: float, redialed: Collection[str] = ()
) -> HandedOver:
    """Give each open attempt to the label of *room* that declares its phone.

    A label of *redialed* is called by its own name after a change, which its call
    under another label would keep in use.
    """
    records = dict(ledger.records)
    findings: list[Reassigned] = []
    other_phones = _of_other_phones(ledger)
    while (
        found := next(_misplaced(records, redialed, other_phones), None)
    ) is not None:
        attempt, heir = found
        findings.append(_reassigned(attempt, heir, records))
        old = records[attempt.label]
        kept = tuple(each for each in old.attempts if each.id != attempt.id)
        records[attempt.label] = replace(old, attempts=kept)
        records[heir] = _with(records[heir], attempt)
    for attempt in _abandoned(ledger, now):
        heir_label = _heir(attempt, records)
        if heir_label is not None:
            findings.append(_reassigned(attempt, heir_label, records))
            taken = replace(attempt, room=room)
            records[heir_label] = _with(records[heir_label], taken)
    return HandedOver(records, tuple(findings))


def _of_other_phones(ledger: Ledger) -> frozenset[str]:
    """Calls that somebody made from a phone which their label does not declare."""
    return frozenset(
        attempt.call_sid
        for record in ledger.records.values()
        if (attempt := record.open) is not None
        and attempt.call_sid is not None
        and attempt.number == 0
        and (call := ledger.identities.get(attempt.call_sid)) is not None
        and normal_address(call.party) != attempt.address
    )


def _misplaced(
    records: Mapping[str, Record],
    redialed: Collection[str],
    other_phones: Collection[str],
) -> Iterator[tuple[Attempt, str]]:
    """Open attempts of labels that do not declare their phone, with their heirs."""
    for record in records.values():
        attempt = record.open
        if attempt is None or _declares(record, attempt):
            continue
        if attempt.call_sid in other_phones:
            continue
        heir = _heir(attempt, records)
        if heir is None:
            continue
        in_use = record.dismissed_at is None and _carries_label(attempt)
        if in_use and (record.label in redialed or records[heir].attempts):
            continue
        yield attempt, heir


def _carries_label(attempt: Attempt) -> bool:
    """Whether the call bears the label at Twilio, which no other call may bear then."""
    return ("label", attempt.label) in attempt.sent


def _heir(attempt: Attempt, records: Mapping[str, Record]) -> str | None:
    """The first listed label that declares the phone and has no open attempt."""
    return next(
        (
            record.label
            for record in records.values()
            if record.open is None and _declares(record, attempt)
        ),
        None,
    )


def _declares(record: Record, attempt: Attempt) -> bool:
    listed = record.dismissed_at is None
    return listed and normal_address(record.to) == attempt.address


def _abandoned(ledger: Ledger, now: float) -> Iterator[Attempt]:
    """Lost attempts of rooms that nobody looks at any longer."""
    for other in ledger.elsewhere:
        lost = other.attempt.state in UNCERTAIN
        if (
            other.released
            and not other.foreign
            and lost
            and now >= other.attempt.created_at + LOST_CREATE_SECONDS
        ):
            yield other.attempt


def _with(record: Record, attempt: Attempt) -> Record:
    taken = replace(attempt, label=record.label, intent=record.intent)
    return replace(record, attempts=(*record.attempts, taken))


def _reassigned(
    attempt: Attempt, heir: str, records: Mapping[str, Record]
) -> Reassigned:
    return Reassigned(
        attempt_id=attempt.id,
        room=attempt.room,
        label=heir,
        before=attempt.label,
        intent=records[heir].intent,
    )


def used_up(records: Iterable[Record], now: float) -> HandedOver:
    """Move each attempt that continues to the present intent of its label."""
    after: dict[str, Record] = {}
    findings: list[Reassigned] = []
    for record in records:
        after[record.label] = record
        attempt = record.open
        if attempt is None or attempt.intent == record.intent:
            continue
        if (
            _declares(record, attempt)
            and abs(now - record.changed_at) >= STANDS_AFTER_SECONDS
        ):
            moved = replace(attempt, intent=record.intent)
            attempts = tuple(moved if x.id == moved.id else x for x in record.attempts)
            after[record.label] = replace(record, attempts=attempts)
            findings.append(_reassigned(attempt, record.label, after))
    return HandedOver(after, tuple(findings))
