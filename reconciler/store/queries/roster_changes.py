"""Changes to stored rows after a roster changed; pure."""

from msgspec import Struct, field

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Declaration, RevisionKind
from reconciler.model.load_result import FileReport
from reconciler.model.roster import Roster
from reconciler.planning.protection import past_protection
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.declaration_document import declaration_digest, pin_of
from reconciler.store.queries.effective_state import Stated
from reconciler.store.queries.load_events import load_event
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.roster_row import (
    member_columns,
    revision_of,
    roster_columns,
)
from reconciler.store.queries.row import Columns, event_columns
from reconciler.store.queries.stored_room import LoadContext, StoredRoom


def load_within(row: AnyRow, decision: Decision, kind: RevisionKind) -> LoadContext:
    """A load of one room that leaves where its roster comes from as it is."""
    report = FileReport(
        paths={} if row.path is None else {row.room: row.path},
        quiet_at={} if row.quiet_at is None else {row.room: row.quiet_at},
    )
    return LoadContext(
        None, decision.now, decision.cause, report, kind, decision.reason
    )


class RowBatch(Struct):
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
            "account_from": _account_from(before, roster),
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
    rows.events.append(event_columns(load_event(stated, before, generation, load)))


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


def _account_from(before: StoredRoom, roster: Roster) -> str | None:
    """The account that continues to act although *roster* names another, or None.

    It alone can see whether anybody is left with it. A room that was never seen with a
    conference, and calls nobody, has nobody.
    """
    row = before.row
    if row is None:
        return None
    acting: str = row.account_from or row.account
    untouched = row.conference_sid is None and not before.calling
    return None if untouched or acting == roster.account else acting


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
    for label in sorted(before.listed - {member.label for member in roster.members}):
        rows.members.append({**before.entries[label]._asdict(), "dismissed_at": now})
