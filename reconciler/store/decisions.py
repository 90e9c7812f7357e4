"""What a person decides about a room: each an event, and a mark for the loop."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from reconciler.engine.ports import Standing
from reconciler.model.attempt import AttemptState, Outcome
from reconciler.model.event import Event
from reconciler.store.connection import take_turn
from reconciler.store.events import tell
from reconciler.store.marks import mark
from reconciler.store.rosters import set_standing, standing_of
from reconciler.store.tables import attempts, members, rosters

_KINDS = {
    Standing.MANAGED: ("room.resumed", "The room is converged again."),
    Standing.PAUSED: ("room.paused", "The room is left as it is until resumed."),
    Standing.RELEASED: ("room.released", "The room is not ours any more."),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Of which room, when and by whom (an event's ``cause``)."""

    room: str
    now: float
    cause: str


def stand(
    connection: Connection,
    decision: Decision,
    standing: Standing,
    until: float | None = None,
) -> bool:
    """Pause, resume or release a room; False if it was so or is not known.

    A pause ends by itself at *until*; None leaves that to a person.
    """
    take_turn(connection)
    found = connection.execute(
        select(rosters.c.standing, rosters.c.paused_until, rosters.c.generation)
        .where(rosters.c.room == decision.room)
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        return False
    same = standing is not Standing.PAUSED or row.paused_until == until
    if same and standing_of(row, decision.now) is standing:
        return False
    set_standing(connection, decision.room, standing, until)
    kind, message = _KINDS[standing]
    if until is not None:
        message = f"The room is left as it is for {until - decision.now:.0f} s."
    _told(connection, _event(decision, kind, message, row.generation))
    return True


def _told(connection: Connection, event: Event) -> None:
    tell(connection, [event])
    mark(connection, [event.room], event.at, event.cause)


def redial(connection: Connection, decision: Decision, label: str) -> bool:
    """Mean to ring a member anew; False if it is not listed."""
    take_turn(connection)
    counted = connection.execute(
        update(rosters)
        .where(rosters.c.room == decision.room)
        .values(intents=rosters.c.intents + 1)
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
    message = "A person asked for another ring."
    event = _event(decision, "member.redial", message, row.generation, label)
    _told(connection, event)
    return True


def resolve(
    connection: Connection, decision: Decision, label: str, *, rung: bool
) -> bool:
    """Close an attempt whose outcome nobody could find; False if there is none.

    One whose call is known is not lost, and is left to what Twilio shows.
    """
    take_turn(connection)
    closed = connection.execute(
        update(attempts)
        .where(
            attempts.c.room == decision.room,
            attempts.c.label == label,
            attempts.c.state.in_([AttemptState.PENDING, AttemptState.UNKNOWN]),
        )
        .values(
            state=AttemptState.ENDED if rung else AttemptState.REFUSED,
            outcome=Outcome.RUNG if rung else Outcome.NOT_RUNG,
            ended_at=decision.now,
            reason="A person said so.",
        )
        .returning(attempts.c.generation)
    )
    generation = closed.scalar_one_or_none()
    if generation is None:
        return False
    message = f"The phone was {'' if rung else 'not '}rung, as a person says."
    event = _event(decision, "member.resolved", message, generation, label)
    _told(connection, event)
    return True


def _event(
    decision: Decision, kind: str, message: str, generation: int, label: str = ""
) -> Event:
    return Event(
        room=decision.room,
        at=decision.now,
        kind=kind,
        message=message,
        label=label,
        cause=decision.cause,
        generation=generation,
    )
