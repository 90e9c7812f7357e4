"""Records findings about attempts in one read and one write."""

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import OPEN, Attempt, AttemptState, CallOutcome
from reconciler.model.errors import StoreError
from reconciler.planning.finding import (
    Adopted,
    Finding,
    Forgotten,
    Progress,
    Reassigned,
)
from reconciler.planning.redial import HANDED_ON
from reconciler.store.queries.attempts import advance, attempt_columns, moving_columns
from reconciler.store.queries.row import attempt_of
from reconciler.store.tables import attempts, members, rosters


def record_findings(
    connection: Connection,
    room: str,
    findings: Sequence[Finding],
    now: float,
    account_sid: str | None,
) -> None:
    """Put *findings* on record in their order; *account_sid* found them.

    StoreError if one is of an attempt that is not on record in *room*.
    """
    if not findings:
        return
    handed = [x for x in findings if isinstance(x, Reassigned)]
    _reassign(connection, room, handed, now)
    before = _concerned(connection, room, findings)
    rings = AttemptTransitions(room, dict(before))
    for finding in findings:
        rings.find(finding, now)
    _rewrite(connection, [x for x in rings.known.values() if x != before[x.id]])
    _insert(connection, room, rings.adopted, account_sid)
    _forget(connection, room, [x.label for x in findings if isinstance(x, Forgotten)])


class AttemptTransitions(Struct):
    """A room's attempts: ``known`` by their ids, and new ones without.

    Of ``known``, those that findings are about suffice.
    """

    room: str
    known: dict[int, Attempt]
    adopted: list[Attempt] = field(default_factory=list)

    def find(self, finding: Finding, now: float) -> None:
        """Move on as *finding* says."""
        match finding:
            case Progress():
                self._advance(finding)
            case Adopted():
                self._adopt(finding, now)
            case Forgotten() | Reassigned():
                pass
            case _:
                assert_never(finding)

    def _advance(self, told: Progress) -> None:
        before = self.known.get(told.attempt_id)
        if before is None:
            raise StoreError(
                f"Room '{self.room}' has no attempt {told.attempt_id} on record."
            )
        self.known[before.id] = advance(before, told)

    def _adopt(self, found: Adopted, now: float) -> None:
        """A found call becomes its member's.

        It becomes the call of an attempt that has none yet; where the member
        has another call already, nothing changes.
        """
        attempt = next((x for x in self._open() if x.label == found.label), None)
        if attempt is None:
            self.adopted.append(_found(self.room, found, now))
        elif attempt.id and attempt.call_sid in (None, found.call_sid):
            self.known[attempt.id] = advance(attempt, _placed(attempt, found))

    def _open(self) -> Iterable[Attempt]:
        return (
            attempt for attempt in (*self.known.values(), *self.adopted) if attempt.open
        )


def _placed(attempt: Attempt, found: Adopted) -> Progress:
    return Progress(
        attempt_id=attempt.id,
        label=attempt.label,
        state=AttemptState.PLACED,
        reason=found.reason,
        call_sid=found.call_sid,
        conference_sid=found.conference_sid,
        connected_at=found.connected_at,
    )


def _found(room: str, found: Adopted, now: float) -> Attempt:
    return Attempt(
        id=0,
        room=room,
        label=found.label,
        to=found.to,
        intent=found.intent,
        number=0,
        state=AttemptState.PLACED,
        generation=0,
        created_at=now,
        send_by=now,
        call_sid=found.call_sid,
        conference_sid=found.conference_sid,
        connected_at=found.connected_at,
        reason=found.reason,
    )


def _concerned(
    connection: Connection, room: str, findings: Sequence[Finding]
) -> dict[int, Attempt]:
    """The attempts that *findings* are about, by id, locked until the end."""
    ids = [finding.attempt_id for finding in findings if isinstance(finding, Progress)]
    labels = [finding.label for finding in findings if isinstance(finding, Adopted)]
    return {
        **_locked(connection, room, ids, _BY_ID),
        **_locked(connection, room, labels, _OPEN_BY_LABEL),
    }


def _locked(
    connection: Connection,
    room: str,
    asked: Sequence[object],
    chosen: Select[*tuple[Any, ...]],
) -> dict[int, Attempt]:
    if not asked:
        return {}
    result = connection.execute(chosen, {"of": room, "asked": asked})
    return {row.id: attempt_of(row) for row in result}


_ASKED: BindParameter[Any] = bindparam("asked", expanding=True)
_OF_ROOM = select(attempts).where(attempts.c.room == bindparam("of")).with_for_update()
_BY_ID = _OF_ROOM.where(attempts.c.id.in_(_ASKED))
_OPEN_BY_LABEL = _OF_ROOM.where(
    attempts.c.label.in_(_ASKED), attempts.c.state.in_(sorted(OPEN))
)


def _rewrite(connection: Connection, changed: Sequence[Attempt]) -> None:
    if changed:
        connection.execute(
            _REWRITE,
            [{"attempt": attempt.id, **moving_columns(attempt)} for attempt in changed],
        )


_REWRITE = update(attempts).where(attempts.c.id == bindparam("attempt"))


def _insert(
    connection: Connection,
    room: str,
    adopted: Sequence[Attempt],
    account_sid: str | None,
) -> None:
    if not adopted:
        return
    generation = connection.scalar(
        select(rosters.c.generation).where(rosters.c.room == room)
    )
    made = [replace(attempt, generation=generation or 0) for attempt in adopted]
    connection.execute(
        insert(attempts),
        [{**attempt_columns(attempt), "account_sid": account_sid} for attempt in made],
    )


def handed_on(attempt: Attempt, to: Reassigned, room: str, now: float) -> Attempt:
    """What stays on record where *attempt* was made, once *room* has it.

    Its phone was called for that intent: when the other room is managed again, nobody
    is called for it once more without a person's approval.
    """
    return replace(
        attempt,
        number=0,
        state=AttemptState.ENDED,
        reason=f"{HANDED_ON} {to.label} in {room}",
        ended_at=now,
        outcome=CallOutcome.MOVED,
    )


def _reassign(
    connection: Connection, room: str, findings: Sequence[Reassigned], now: float
) -> None:
    """Let open attempts be other labels'; another room's only once it is released.

    Not of a label that an edit has taken from the room since it was read: its phone may
    be declared by another one again.
    """
    released = exists().where(
        rosters.c.room == attempts.c.room, rosters.c.standing == Standing.RELEASED
    )
    for reassigned in findings:
        theirs = and_(
            attempts.c.id == reassigned.attempt_id,
            attempts.c.room == reassigned.room,
            attempts.c.state.in_(sorted(OPEN)),
            or_(attempts.c.room == room, released),
        )
        if reassigned.is_to_other(room):
            theirs = and_(theirs, _is_listed(room, reassigned.label))
        row = connection.execute(select(attempts).where(theirs)).one_or_none()
        heir = {"room": room, "label": reassigned.label, "intent": reassigned.intent}
        connection.execute(update(attempts).where(theirs).values(heir))
        if row is not None and reassigned.room != room:
            kept = handed_on(attempt_of(row), reassigned, room, now)
            columns = {**attempt_columns(kept), "account_sid": row.account_sid}
            connection.execute(insert(attempts).values(columns))


def _is_listed(room: str, label: str) -> ColumnElement[bool]:
    return exists().where(
        members.c.room == room,
        members.c.label == label,
        members.c.dismissed_at.is_(None),
    )


def _forget(connection: Connection, room: str, labels: Sequence[str]) -> None:
    if labels:
        connection.execute(
            delete(members).where(
                members.c.room == room,
                members.c.label.in_(labels),
                members.c.dismissed_at.is_not(None),
            )
        )
