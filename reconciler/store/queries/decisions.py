"""Decisions of operators: an event and a mark each."""

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, update

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import OPEN, AttemptState, CallOutcome
from reconciler.model.event import Event
from reconciler.planning.absence import LOST_CREATE_SECONDS
from reconciler.store.database.answers import AnyRow
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.queries.events import record_decision
from reconciler.store.queries.marks import mark
from reconciler.store.queries.operator_decision import Decision, with_reason
from reconciler.store.queries.rosters import paused
from reconciler.store.queries.row import Columns
from reconciler.store.tables import attempts, members, rosters


def stand(
    connection: Connection,
    decision: Decision,
    standing: Standing,
    until: float | None = None,
) -> bool:
    """Pause, resume or release a room; False if it was so or is not known.

    A pause ends by itself at *until*; None leaves that to a person.
    """
    take_advisory_lock(connection)
    mine = rosters.c.room == decision.room
    result = connection.execute(select(rosters).where(mine).with_for_update())
    row = result.one_or_none()
    columns = row and standing_columns(row, decision, standing, until)
    if row is None or not columns:
        return False
    connection.execute(update(rosters).where(mine).values(**columns))
    kind, message = KINDS[standing]
    if until is not None:
        message = f"{_PAUSED_FOR}{until - decision.now:.0f} s."
    _told(connection, _event(decision, kind, message, row.generation))
    return True


_PAUSED_FOR = "No changes are made for "


def pause_seconds(message: str) -> float | None:
    """For how long a pause was to last by its event; None for good."""
    if not message.startswith(_PAUSED_FOR):
        return None
    return float(message.removeprefix(_PAUSED_FOR).partition(" ")[0])


KINDS = {
    Standing.MANAGED: ("room.resumed", "The room will be reconciled again."),
    Standing.PAUSED: ("room.paused", "No changes are made until it is resumed."),
    Standing.RELEASED: ("room.released", "The room is no longer managed."),
}
"""Kind and message of the event that each decision is."""


def standing_columns(
    row: AnyRow, decision: Decision, standing: Standing, until: float | None
) -> Columns:
    """What the decision changes in a room's row; empty if it is so already.

    decision   the room is                   changes
    pause      paused with the same end      nothing
               anything else                 the pause
    resume     paused, or was                 the pause ends; a release stands
               released by a person          managed again, as when released
               released as its file left     nothing: only its file knows it
    release    released by a person          nothing
               anything else                 released; a pause stands
    """
    changes = _CHANGES[standing](row, decision, until)
    return {**changes, "decisions": row.decisions + 1} if changes else {}


def _pause(row: AnyRow, decision: Decision, until: float | None) -> Columns:
    if paused(row, decision.now) and row.paused_until == until:
        return {}
    return {
        "paused_at": decision.now,
        "paused_by": decision.cause,
        "paused_until": until,
    }


def _resume(row: AnyRow, decision: Decision, _: float | None) -> Columns:
    columns: Columns = {}
    if paused(row, decision.now):
        columns |= dict.fromkeys(("paused_at", "paused_by", "paused_until"))
    if row.standing == Standing.RELEASED and row.released_by is not None:
        columns |= {"standing": str(Standing.MANAGED), "released_by": None}
    return columns


def _release(row: AnyRow, decision: Decision, _: float | None) -> Columns:
    if row.standing == Standing.RELEASED and row.released_by is not None:
        return {}
    return {"standing": str(Standing.RELEASED), "released_by": decision.cause}


_CHANGES = {
    Standing.MANAGED: _resume,
    Standing.PAUSED: _pause,
    Standing.RELEASED: _release,
}


def _told(connection: Connection, event: Event) -> None:
    record_decision(connection, event)
    mark(connection, [event.room], event.at, event.cause)


def _count(connection: Connection, room: str) -> None:
    """Let a running pass notice that a person decided something."""
    connection.execute(
        update(rosters)
        .where(rosters.c.room == room)
        .values(decisions=rosters.c.decisions + 1)
    )


def redial(connection: Connection, decision: Decision, label: str) -> bool:
    """Mean to ring a member again; False if it is not listed."""
    take_advisory_lock(connection)
    counted = connection.execute(
        update(rosters)
        .where(rosters.c.room == decision.room)
        .values(intents=rosters.c.intents + 1, decisions=rosters.c.decisions + 1)
        .returning(rosters.c.intents, rosters.c.generation)
    )
    row = counted.one_or_none()
    if row is None:
        return False
    meant = connection.execute(
        update(members)
        .where(
            members.c.room == decision.room,
            members.c.label == label,
            members.c.dismissed_at.is_(None),
        )
        .values(intent=row.intents)
        .returning(members.c.label)
    )
    if meant.one_or_none() is None:
        return False
    message = "Redial requested."
    event = _event(decision, "member.redial", message, row.generation, label)
    _told(connection, event)
    return True


def resolve(
    connection: Connection,
    decision: Decision,
    label: str,
    *,
    rung: bool,
    call_sid: str | None = None,
) -> bool:
    """Close an attempt of which nothing can be found out; False if there is none.

    One that is still looked for, whose request may not even have arrived, is left open:
    its phone would be called again. One whose call is known is left to what Twilio
    shows, unless it is that of *call_sid*: a call of which Twilio has no record, or
    which may not be ours.
    """
    take_advisory_lock(connection)
    lost = or_(
        and_(
            attempts.c.state.in_([AttemptState.PENDING, AttemptState.UNKNOWN]),
            _sought_long_enough(decision.now),
        ),
        attempts.c.call_sid == call_sid if call_sid is not None else false(),
    )
    closed = connection.execute(
        update(attempts)
        .where(
            attempts.c.room == decision.room,
            attempts.c.label == label,
            attempts.c.state.in_(sorted(OPEN)),
            lost,
        )
        .values(
            state=AttemptState.ENDED if rung else AttemptState.REFUSED,
            outcome=CallOutcome.RUNG if rung else CallOutcome.NOT_RUNG,
            ended_at=decision.now,
            reason=f"resolved by {decision.cause}",
        )
        .returning(attempts.c.generation)
    )
    generation = closed.scalar_one_or_none()
    if generation is None:
        return False
    _count(connection, decision.room)
    message = f"The call {'reached' if rung else 'did not reach'} the phone."
    event = _event(decision, "member.resolved", message, generation, label)
    _told(connection, event)
    return True


def _sought_long_enough(now: float) -> ColumnElement[bool]:
    """Whether an attempt is old enough for a decision, or dated after *now* by far."""
    return or_(
        attempts.c.created_at <= now - LOST_CREATE_SECONDS,
        attempts.c.created_at >= now + LOST_CREATE_SECONDS,
    )


def _event(
    decision: Decision, kind: str, message: str, generation: int, label: str = ""
) -> Event:
    return Event(
        room=decision.room,
        at=decision.now,
        kind=kind,
        message=with_reason(message, decision.reason),
        label=label,
        cause=decision.cause,
        generation=generation,
    )
