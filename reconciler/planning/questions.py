"""What an observation of a room must find out for its ledger."""

from collections.abc import Iterable, Sequence

from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Questions
from reconciler.model.reported_call import LostCreate, ReportedCall
from reconciler.planning.absence import undecided
from reconciler.planning.call_facts import ABSENT
from reconciler.planning.call_search import is_named, label_sent
from reconciler.planning.machines import answerers_to_read
from reconciler.planning.ownership import address


def questions_for(
    ledger: Ledger, now: float, reported: Sequence[ReportedCall] = ()
) -> Questions:
    """What an observation of the room at *now* must find out for this ledger.

    *reported* are calls into the room that a second source reports.
    """
    open_attempts = [record.open for record in ledger.records.values() if record.open]
    lost = [
        a
        for a in open_attempts
        if a.state is not AttemptState.PLACED and a.id not in ledger.under_way
    ]
    return Questions(
        calls=frozenset(a.call_sid for a in open_attempts if a.call_sid)
        | _asked_elsewhere(ledger),
        known=(
            frozenset(ledger.identities)
            | {
                attempt.call_sid
                for record in ledger.records.values()
                for attempt in record.attempts
                if attempt.call_sid and attempt.number
            }
        )
        - _gone_before(ledger),
        numbers=tuple((a.to, a.created_at) for a in lost),
        conference_sid=ledger.conference_sid if open_attempts else None,
        created=_created(open_attempts),
        answered=answerers_to_read(ledger, now),
        reported=tuple(x for x in reported if any(is_named(a, x) for a in lost)),
        undecided=tuple(_lost_create(a) for a in lost if undecided(a, now)),
    )


def _lost_create(attempt: Attempt) -> LostCreate:
    return LostCreate(
        attempt.id,
        attempt.room,
        label_sent(attempt),
        attempt.to,
        attempt.created_at,
        attempt.send_by,
    )


def _asked_elsewhere(ledger: Ledger) -> frozenset[str]:
    """Calls of other rooms to phones that this one may have to ring."""
    absent = {
        address(record.to)
        for record in ledger.records.values()
        if record.open is None and record.dismissed_at is None
    }
    attempts = (other.attempt for other in ledger.elsewhere if not other.foreign)
    return frozenset(
        attempt.call_sid
        for attempt in attempts
        if attempt.call_sid and attempt.address in absent
    )


def _created(open_attempts: Iterable[Attempt]) -> str | None:
    """The conference of the newest call of ours that may still live."""
    placed = [attempt for attempt in open_attempts if attempt.conference_sid]
    newest = max(
        placed, key=lambda attempt: (attempt.created_at, attempt.id), default=None
    )
    return newest.conference_sid if newest else None


def _gone_before(ledger: Ledger) -> frozenset[str]:
    """Calls that went from sight: only their records may tell that they are over."""
    remembered = ledger.memory.items()
    return frozenset(sid for sid, known in remembered if ABSENT in known)
