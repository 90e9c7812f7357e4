"""What notes of a pass make of the tables in memory."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.event import Event
from reconciler.model.ledger import (
    Correction,
)
from reconciler.model.recorded_observation import ObservedRoom
from reconciler.model.roster import Fields
from reconciler.planning.finding import Finding, Forgotten, Reassigned
from reconciler.planning.leg_intervals import advance
from reconciler.play.in_memory.memory_tables import Tables
from reconciler.store.queries.account_moves import moved
from reconciler.store.queries.call_memory import (
    CORRECTION_TTL_SECONDS,
)
from reconciler.store.queries.findings import AttemptTransitions, handed_on


def note(
    tables: Tables, room: str, notes: Notes, now: float, account_sid: str | None
) -> None:
    """Put *notes* on record; see ``engine.ports.Notes``."""
    _find(tables, room, notes.findings, now, account_sid)
    _remember(tables, room, notes, now)
    for call in notes.identities:
        tables.calls[call.sid] = (room, call, now)
    if notes.corrections:
        _correct(tables, room, notes.corrections, now)
    _confirm(tables, room, notes.confirmed, now)
    before = (at for (where, _), at in tables.removals.items() if where == room)
    at = max((now, *before))
    tables.removals |= {(room, sid): at for sid in notes.removals}
    for kind in notes.lifted:
        tables.withheld.pop((room, kind), None)
    tables.withheld |= {
        (room, withheld_kind.kind): withheld_kind for withheld_kind in notes.withheld
    }
    if notes.approved is not None:
        _use(tables, room, notes.approved)
    if notes.conference_sid is not None:
        tables.decide(room, conference_sid=notes.conference_sid)
    if notes.observed is not None:
        observe(tables, notes.observed)
    if notes.account_left:
        _leave(tables, room, now)
    if not replace(notes, events=(), ended=None, observed=None).empty:
        tables.changed(room)
    tables.tell(notes.events)
    if notes.ended is not None and notes.ended[0] in tables.runs:
        run = tables.runs[notes.ended[0]]
        tables.runs[run.id] = replace(run, ended_at=now, result=notes.ended[1])


def _remember(tables: Tables, room: str, notes: Notes, now: float) -> None:
    for sid, fields in (notes.memory or {}).items():
        for name, value in fields.items():
            if value is None:
                tables.fields.pop((sid, name), None)
            else:
                tables.fields[sid, name] = (room, value, now)


def _leave(tables: Tables, room: str, now: float) -> None:
    row = tables.rosters.get(room)
    if row is not None and row.account_from is not None:
        tables.decide(room, account_from=None, conference_sid=None)
        tables.tell([moved(room, now, row.account_from, row.account, row.generation)])


def observe(tables: Tables, after: ObservedRoom) -> None:
    """Record the last observation of a room, and the intervals that it ends."""
    check = tables.checks.get(after.room)
    now, ended = advance(tables.observed.get(after.room), after, check)
    tables.observed[after.room] = now
    tables.intervals += ended


def admit(
    tables: Tables, call_sid: str, memory: Fields, event: Event, now: float
) -> None:
    """Put on record what a caller is answered."""
    row = tables.rosters.get(event.room)
    if memory and row is not None:
        sent = {(call_sid, name): (event.room, value, now) for name, value in memory}
        tables.fields |= sent
        tables.decide(event.room, decisions=row.decisions + 1)
        tables.changed(event.room)
    tables.tell([event])


def _use(tables: Tables, room: str, remaining: tuple[str, ...]) -> None:
    """What is still to be done of the approved plan; () ends the approval."""
    approval = tables.approvals.pop(room, None)
    if approval is not None and remaining:
        tables.approvals[room] = replace(approval, remaining=remaining)


def _correct(tables: Tables, room: str, made: Sequence[Correction], now: float) -> None:
    tables.corrections = [
        (where, correction)
        for where, correction in tables.corrections
        if where != room or correction.at > now - CORRECTION_TTL_SECONDS
    ]
    tables.corrections += [(room, correction) for correction in made]


def _confirm(
    tables: Tables, room: str, shown: Collection[tuple[str, str]], now: float
) -> None:
    if shown:
        tables.corrections = [
            (where, replace(correction, seen_at=now))
            if where == room
            and correction.seen_at is None
            and (correction.call_sid, correction.field) in shown
            else (where, correction)
            for where, correction in tables.corrections
        ]


def _find(
    tables: Tables,
    room: str,
    findings: Sequence[Finding],
    now: float,
    account_sid: str | None,
) -> None:
    for finding in findings:
        if isinstance(finding, Reassigned):
            _reassign(tables, room, finding, now)
    mine = {
        attempt.id: attempt
        for attempt in tables.attempts.values()
        if attempt.room == room
    }
    rings = AttemptTransitions(room, dict(mine))
    for finding in findings:
        rings.find(finding, now)
    for ring in rings.known.values():
        if ring != mine[ring.id]:
            tables.put(ring)
    row = tables.rosters.get(room)
    for ring in rings.adopted:
        generation = row.generation if row else 0
        tables.insert(replace(ring, generation=generation), account_sid)
    for finding in findings:
        if isinstance(finding, Forgotten):
            _forget(tables, room, finding.label)


def _reassign(tables: Tables, room: str, finding: Reassigned, now: float) -> None:
    """Let an open attempt be another listed label's.

    Another room's only once that is released.
    """
    attempt, row = (
        tables.attempts.get(finding.attempt_id),
        tables.rosters.get(finding.room),
    )
    released = row is not None and row.standing == Standing.RELEASED
    if attempt is None or not attempt.open or attempt.room != finding.room:
        return
    entry = tables.members.get((room, finding.label))
    listed = entry is not None and entry.dismissed_at is None
    if finding.is_to_other(room) and not listed:
        return
    if attempt.room == room or released:
        heir, intent = finding.label, finding.intent
        tables.put(replace(attempt, room=room, label=heir, intent=intent))
        if attempt.room != room:
            caller = tables.callers.get(attempt.id)
            tables.insert(handed_on(attempt, finding, room, now), caller)
        tables.changed(room, finding.room)


def _forget(tables: Tables, room: str, label: str) -> None:
    entry = tables.members.get((room, label))
    if entry is not None and entry.dismissed_at is not None:
        del tables.members[room, label]
