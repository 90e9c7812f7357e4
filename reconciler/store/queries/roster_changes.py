"""Changes to stored rows after a roster changed; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import Attempt, CallOutcome
from reconciler.model.declaration import Declaration, RevisionKind
from reconciler.model.event import Event
from reconciler.model.load_result import NO_REPORT, FileReport
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.effective import is_for_a_time
from reconciler.planning.protection import past_protection
from reconciler.store.queries.declaration_document import declaration_digest, pin_of
from reconciler.store.queries.effective_state import Stated
from reconciler.store.queries.row import (
    Columns,
    event_columns,
    member_columns,
    member_of,
    revision_of,
    roster_columns,
)

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What is common to all rosters of one load; see ``Store.load``.

    ``kind`` is what makes generations, ``reason`` a person's, ``restored`` the
    generation that a rollback restores.
    """

    folder: str | None
    now: float
    cause: str
    report: FileReport = NO_REPORT
    kind: RevisionKind = RevisionKind.FILE
    reason: str = ""
    restored: int | None = None


def load_within(
    row: AnyRow, now: float, cause: str, kind: RevisionKind, reason: str = ""
) -> LoadContext:
    """A load of one room that leaves where its roster comes from as it is."""
    report = FileReport(
        paths={} if row.path is None else {row.room: row.path},
        quiet_at={} if row.quiet_at is None else {row.room: row.quiet_at},
    )
    return LoadContext(None, now, cause, report, kind, reason)


UNDONE_SECONDS = 3600.0
"""Seconds after a person left within which an edit that is undone calls nobody.

A window of a schedule that begins is no edit: whom it declares is called.
"""

_BY_THEMSELVES = frozenset({CallOutcome.LEFT, CallOutcome.MOVED, CallOutcome.RUNG})


def last_calls(
    found: Iterable[Attempt], now: float, *, edited: bool
) -> dict[str, tuple[str, int]]:
    """The address and the intent of the last call of each label, where it counts.

    It counts while it is open, and for an edit for an hour after the person left.
    *found* are the attempts of one room, oldest first.
    """
    return {
        label: (each.to, each.intent)
        for label, each in _last(found).items()
        if each.open or (edited and _left(each, now))
    }


def calls_left(found: Iterable[Attempt], now: float) -> dict[str, tuple[Attempt, ...]]:
    """The attempts of each label's last intent, where the person left an hour ago.

    Not longer ago than that; *found* is as for ``last_calls``.
    """
    found = tuple(found)
    return {
        label: tuple(x for x in found if (x.label, x.intent) == (label, last.intent))
        for label, last in _last(found).items()
        if not last.open and _left(last, now)
    }


def _last(found: Iterable[Attempt]) -> dict[str, Attempt]:
    return {each.label: each for each in found}


def _left(attempt: Attempt, now: float) -> bool:
    ended_at = attempt.ended_at or attempt.created_at
    recent = 0.0 <= now - ended_at < UNDONE_SECONDS
    return recent and attempt.outcome in _BY_THEMSELVES


@dataclass(frozen=True, slots=True)
class StoredRoom:
    """A room as the store has it: ``row`` is None if it was never loaded.

    ``entries`` are the rows of its members and tombstones by label, ``calls``
    what ``last_calls`` gives. ``guarded`` says that exposures are withheld: those
    of an edit stay an edit's.
    """

    row: AnyRow | None
    entries: Mapping[str, AnyRow]
    calls: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    guarded: bool = False

    @property
    def listed(self) -> frozenset[str]:
        """The labels of the present generation."""
        rows = self.entries.items()
        return frozenset(label for label, row in rows if row.dismissed_at is None)

    def member(self, label: str) -> Member | None:
        """The member listed under *label*, or None."""
        return member_of(self.entries[label]) if label in self.listed else None

    def address(self, label: str) -> str | None:
        """Where *label* was called last, as listed or dismissed; None if forgotten.

        A tombstone means that nobody saw the person go: to list them again is
        no new intent, and rings nobody who hangs up later.
        """
        entry = self.entries.get(label)
        return None if entry is None else str(entry.to_address)

    def intent(self, member: Member) -> int | None:
        """The intent that *member* stays with; None if they are meant again.

        An address that was edited and put back, or a line that left the file and
        came back, is the one that was called: the intent of its call is restored.
        """
        if self.address(member.label) == member.to:
            return int(self.entries[member.label].intent)
        address, intent = self.calls.get(member.label, (None, None))
        return intent if address == member.to else None

    def edited_at(self, label: str, stated: Stated, now: float) -> float | None:
        """When an edit changed *label*, which changes now; see ``MemberColumns``.

        by an edit                                     now
        by an override or a mode, or the end of one    as before
        by the clock while exposures are withheld      as before
        by anything else                               never
        """
        if stated.edited:
            return now
        entry = self.entries.get(label)
        both = self.member(label), stated.roster.member(label)
        if entry is None or not (self.guarded or is_for_a_time(*both)):
            return None
        return None if entry.edited_at is None else float(entry.edited_at)

    def reopened(self, roster: Roster) -> bool:
        """Whether *roster* opens a room that was declared ended."""
        ended = self.row is not None and self.row.state == RoomState.ENDED
        return ended and roster.state is RoomState.OPEN


@dataclass(slots=True)
class RowBatch:
    """What a load writes, gathered so that each table is written once."""

    rosters: list[Columns] = field(default_factory=list)
    members: list[Columns] = field(default_factory=list)
    revisions: list[Columns] = field(default_factory=list)
    declarations: list[Columns] = field(default_factory=list)
    events: list[Columns] = field(default_factory=list)


def differs(declaration: Declaration, row: AnyRow | None) -> bool:
    """Whether a file that says *declaration* makes a new generation.

    A room whose file left and came back is changed by that alone. One that a
    person released stays released until its roster says something else.
    """
    if row is None or is_edit(declaration, row):
        return True
    return bool(row.standing == Standing.RELEASED and row.released_by is None)


def is_edit(declaration: Declaration, row: AnyRow | None) -> bool:
    """Whether *declaration* says something else than the file did."""
    return row is None or file_declared(row) != declaration_digest(declaration)


def file_declared(row: AnyRow) -> str:
    """The hash of what the file of a room's row declares."""
    pin = pin_of(row.pin)
    return declared_now(row) if pin is None else pin.file_declared


def declared_now(row: AnyRow) -> str:
    """The hash of what is declared of a room's row: by its file, or pinned."""
    return str(row.declared or row.content)


def revise(
    rows: RowBatch, stated: Stated, before: StoredRoom, load: LoadContext
) -> None:
    """Add to *rows* the next generation of the room that *stated* is of."""
    roster, document = stated.roster, stated.document
    generation = before.row.generation + 1 if before.row else 1
    intents = _enlist(rows, stated, before, load.now)
    _dismiss(rows, roster, before, load.now)
    rows.rosters.append(
        {
            **_kept(before, bool(roster.members)),
            "past_protection": _past_protection(before, roster, load.now),
            **roster_columns(roster),
            **where(roster, load),
            **stated.columns,
            "generation": generation,
            "intents": intents,
            "loaded_at": load.now,
        }
    )
    rows.revisions.append(
        {
            "room": roster.room,
            "generation": generation,
            "roster": revision_of(roster),
            "loaded_at": load.now,
            "cause": load.cause,
            "declaration": document,
            "kind": str(load.kind),
            "reason": load.reason or None,
            "restored": load.restored,
        }
    )
    rows.declarations.append({"room": roster.room, "declaration": document})
    rows.events.append(event_columns(_told(stated, before, generation, load)))


def where(roster: Roster, load: LoadContext) -> Columns:
    """Where a roster comes from, and until when its file is too young to remove."""
    return {
        **({} if load.folder is None else {"folder": load.folder}),
        "path": load.report.paths.get(roster.room),
        "quiet_at": load.report.quiet_at.get(roster.room),
    }


def _kept(before: StoredRoom, peopled: bool) -> Columns:
    row = before.row
    emptied = bool(before.listed) or (row is not None and row.emptied)
    return {
        "folder": row.folder if row else None,
        "standing": str(Standing.MANAGED),
        "released_by": None,
        "paused_at": row.paused_at if row else None,
        "paused_by": row.paused_by if row else None,
        "paused_until": row.paused_until if row else None,
        "decisions": row.decisions if row else 0,
        "emptied": emptied and not peopled,
        "conference_sid": row.conference_sid if row else None,
    }


def _past_protection(
    before: StoredRoom, roster: Roster, now: float
) -> dict[str, float] | None:
    past = before.row.past_protection if before.row else None
    listed = [m for x in sorted(before.listed) if (m := before.member(x))]
    return past_protection(past or {}, listed, roster.members, now) or None


def _enlist(rows: RowBatch, stated: Stated, before: StoredRoom, now: float) -> int:
    intents: int = before.row.intents if before.row else 0
    reopened = before.reopened(stated.roster)
    for position, member in enumerate(stated.roster.members):
        stored = before.member(member.label)
        if stored == member and not reopened:
            _place(rows, before.entries[member.label], position)
            continue
        intent = None if reopened else before.intent(member)
        if intent is None:
            intent = intents = intents + 1
        rows.members.append(
            {
                **member_columns(member),
                "room": stated.room,
                "position": position,
                "intent": intent,
                "changed_at": now,
                "edited_at": before.edited_at(member.label, stated, now),
                "dismissed_at": None,
            }
        )
    return intents


def _place(rows: RowBatch, row: AnyRow, position: int) -> None:
    if row.position != position:
        rows.members.append({**row._asdict(), "position": position})


def _dismiss(rows: RowBatch, roster: Roster, before: StoredRoom, now: float) -> None:
    for label in sorted(before.listed - {each.label for each in roster.members}):
        rows.members.append({**before.entries[label]._asdict(), "dismissed_at": now})


def _told(
    stated: Stated, before: StoredRoom, generation: int, load: LoadContext
) -> Event:
    return Event(
        room=stated.room,
        at=load.now,
        kind="roster.changed" if before.row else "roster.loaded",
        message=_difference(stated, before) if before.row else _size(stated.roster),
        cause=load.cause,
        generation=generation,
    )


def _size(roster: Roster) -> str:
    count = len(roster.members)
    return f"Loaded with {count} {'member' if count == 1 else 'members'}."


def _difference(stated: Stated, before: StoredRoom) -> str:
    roster = stated.roster
    labels = {each.label for each in roster.members}
    kept = [each for each in roster.members if each.label in before.listed]
    parts = {
        "added": sorted(labels - before.listed),
        "changed": sorted(x.label for x in kept if x != before.member(x.label)),
        "dismissed": sorted(before.listed - labels),
    }
    said = [f"{verb} {', '.join(names)}" for verb, names in parts.items() if names]
    said = [*_room_difference(stated, before), *said]
    text = "; ".join(said) or "the room's own settings changed"
    return f"{text[0].upper()}{text[1:]}."


def _room_difference(stated: Stated, before: StoredRoom) -> Iterator[str]:
    row = before.row
    if row is not None and row.standing == Standing.RELEASED:
        yield "managed again"
    if row is not None and row.mode != stated.effective.mode:
        yield f"mode {stated.effective.mode}"
    if row is not None and row.state != stated.roster.state:
        yield f"declared {stated.roster.state}"
