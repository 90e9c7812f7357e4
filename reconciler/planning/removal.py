"""Who is taken out: dismissed members, doubled calls, strangers if so declared."""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.action import Action, Change, Concern, Harm, Remove, Shift
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Participant
from reconciler.model.roster import Unlisted, Value
from reconciler.planning.identity import Seat, Seating

LEAVING = 30.0
"""Seconds for which a removed person may still be listed."""


def dismissals(
    records: Mapping[str, Record], seating: Seating, ledger: Ledger, now: float
) -> Iterator[Remove]:
    """A removal for each call of each label that left the roster."""
    for label, record in records.items():
        if record.dismissed_at is None:
            continue
        seat = seating.seats.get(label, Seat(label))
        legs = [leg for leg in (seat.leg, *seat.extras) if leg]
        reason = "no longer in the roster"
        yield from (
            remove(label, leg, reason)
            for leg in legs
            if not leaving(leg.call_sid, ledger, now)
        )
        yield from _unseen(record, legs, ledger, now)


def _unseen(
    record: Record, legs: Sequence[Participant], ledger: Ledger, now: float
) -> Iterator[Remove]:
    attempt = record.open
    if attempt is None or attempt.call_sid is None:
        return
    seen = {leg.call_sid for leg in legs}
    if attempt.call_sid not in seen and not leaving(attempt.call_sid, ledger, now):
        yield Remove(
            record.label,
            attempt.call_sid,
            None,
            connected=False,
            reason="no longer in the roster",
        )


def doubles(seating: Seating, records: Mapping[str, Record]) -> Iterator[Remove]:
    """Our own call to somebody who meanwhile came in another way.

    Only a phone that still rings is let off; two calls that both stand are
    left to the person who holds them.
    """
    for label, seat in seating.seats.items():
        record = records[label]
        if record.dismissed_at is not None or seat.leg is None:
            continue
        ours = {a.call_sid for a in record.attempts if a.number > 0 and a.open}
        for extra in seat.extras:
            if seat.leg.connected and extra.on_the_way and extra.call_sid in ours:
                yield remove(label, extra, "came in by another call")


def strangers(
    seating: Seating, ledger: Ledger, rule: Unlisted, now: float
) -> Iterator[Action]:
    """What the roster wants of people whom no member matches."""
    for leg in seating.strangers:
        label = leg.label or ""
        if rule is Unlisted.REMOVE:
            if leaving(leg.call_sid, ledger, now):
                continue
            yield remove(label, leg, "not in the roster, which removes others")
        elif leg.connected and rule is Unlisted.MUTE and not leg.muted:
            yield _silence(leg, Concern.MUTE, "muted")
        elif leg.connected and rule is Unlisted.HOLD and not leg.hold:
            yield _silence(leg, Concern.HOLD, "hold")


def _silence(leg: Participant, concern: Concern, field: str) -> Change:
    return Change(
        label=leg.label or "",
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        concern=concern,
        shifts=(Shift(field, before=False, after=True),),
        harm=Harm.SILENCE,
        reason=f"not in the roster, which declares unlisted: {concern}",
    )


def remove(label: str, leg: Participant, reason: str) -> Remove:
    """The removal of one leg of the listing."""
    return Remove(
        label=label,
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        connected=leg.connected,
        reason=reason,
    )


def leaving(call_sid: str, ledger: Ledger, now: float) -> bool:
    """Whether we took this call out a moment ago: listings lag behind that."""
    memory: Mapping[str, Value] = ledger.memory.get(call_sid, {})
    removed_at = memory.get("removed")
    return isinstance(removed_at, int) and now - removed_at < LEAVING
