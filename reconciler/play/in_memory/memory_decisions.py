"""A person's decisions over the tables in memory."""

from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.event import Event
from reconciler.model.ledger import Approval
from reconciler.planning.absence import undecided
from reconciler.play.in_memory.memory_tables import HeapRow, Tables
from reconciler.store.queries.approval_grants import granted, joined
from reconciler.store.queries.decisions import KINDS, standing_columns
from reconciler.store.queries.forgetting import FORGOTTEN
from reconciler.store.queries.operator_decision import Decision

if TYPE_CHECKING:
    from reconciler.store.database.answers import AnyRow


def stand(
    tables: Tables, decision: Decision, standing: Standing, until: float | None = None
) -> bool:
    """Pause, resume or release a room; False if it was so or is not known."""
    room, row = decision.room, tables.rosters.get(decision.room)
    if row is None:
        return False
    columns = standing_columns(cast("AnyRow", row), decision, standing, until)
    if not columns:
        return False
    tables.decide(room, **columns)
    kind, _ = KINDS[standing]
    tables.tell([_decided(decision, kind, row.generation)])
    tables.changed(room)
    return True


def grant(
    tables: Tables, room: str, approval: Approval, generation: int, now: float
) -> bool:
    """Let one plan through; False if the roster is not of *generation* now."""
    row = tables.rosters.get(room)
    if row is None or row.generation != generation:
        return False
    tables.approvals[room] = joined(approval, tables.approvals.get(room), now)
    tables.tell([granted(room, approval, generation, now)])
    tables.changed(room)
    return True


def ringing(tables: Tables, room: str, now: float) -> tuple[Attempt, ...]:
    """The attempts of a room whose phones may ring at *now* or later."""
    ours = (attempt for attempt in tables.attempts.values() if attempt.room == room)
    return tuple(attempt for attempt in ours if attempt.may_ring(now))


def forget(tables: Tables, decision: Decision) -> bool:
    """Delete all rows of a released room; False if managed, or a phone may ring."""
    room, now = decision.room, decision.now
    row = tables.rosters.get(room)
    if row is None or row.standing != Standing.RELEASED:
        return False
    if ringing(tables, room, now):
        return False
    tables.forget(room)
    tables.tell([Event(room, now, "room.forgotten", FORGOTTEN, cause=decision.cause)])
    tables.changed(room)
    return True


def redial(tables: Tables, decision: Decision, label: str) -> bool:
    """Call a member again, as a new intent; False if it is not listed."""
    room = decision.room
    member = tables.members.get((room, label))
    if member is None or member.dismissed_at is not None:
        return False
    row = tables.rosters[room]
    tables.decide(room, intents=row.intents + 1, decisions=row.decisions + 1)
    meant = {**member._asdict(), "intent": row.intents + 1}
    tables.members[room, label] = HeapRow(**meant)
    tables.changed(room)
    event = _decided(decision, "member.redial", row.generation)
    tables.tell([replace(event, label=label)])
    return True


def resolve(
    tables: Tables,
    decision: Decision,
    label: str,
    *,
    rung: bool,
    call_sid: str | None = None,
) -> bool:
    """Say whether a lost call reached the phone; False if none is lost."""
    room, now = decision.room, decision.now
    lost = tables.open_of(room, label)
    if lost is None or not (
        undecided(lost, now) or (call_sid and lost.call_sid == call_sid)
    ):
        return False
    tables.put(
        replace(
            lost,
            state=AttemptState.ENDED if rung else AttemptState.REFUSED,
            outcome=CallOutcome.RUNG if rung else CallOutcome.NOT_RUNG,
            ended_at=now,
            reason=f"resolved by {decision.cause}",
        )
    )
    if row := tables.rosters.get(room):
        tables.decide(room, decisions=row.decisions + 1)
    tables.changed(room)
    event = _decided(decision, "member.resolved", lost.generation)
    tables.tell([replace(event, label=label)])
    return True


def _decided(decision: Decision, kind: str, generation: int) -> Event:
    return Event(
        decision.room,
        decision.now,
        kind,
        "Decided by a person.",
        cause=decision.cause,
        generation=generation,
    )
