"""What a changed roster makes of the rows stored before: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from reconciler.engine.ports import NO_REPORT, FileReport, Standing
from reconciler.model.event import Event
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.store.queries.row import (
    Columns,
    digest_of,
    event_columns,
    member_columns,
    member_of,
    revision_of,
    roster_columns,
)

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What is common to all rosters of one load; see ``Store.load``."""

    folder: str | None
    now: float
    cause: str
    report: FileReport = NO_REPORT


@dataclass(frozen=True, slots=True)
class StoredRoom:
    """A room as the store has it: ``row`` is None if it was never loaded.

    ``entries`` are the rows of its members and tombstones by label, ``under_way``
    the address and the intent of each label's open attempt.
    """

    row: AnyRow | None
    entries: Mapping[str, AnyRow]
    under_way: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def listed(self) -> frozenset[str]:
        """The labels of the present generation."""
        rows = self.entries.items()
        return frozenset(label for label, row in rows if row.dismissed_at is None)

    def member(self, label: str) -> Member | None:
        """The member listed under *label*, or None."""
        return member_of(self.entries[label]) if label in self.listed else None

    def address(self, label: str) -> str | None:
        """Where *label* was rung last, as listed or dismissed; None if forgotten.

        A tombstone means that nobody saw the person go: to list them again is
        no new intent, and rings nobody who hangs up later.
        """
        entry = self.entries.get(label)
        return None if entry is None else str(entry.to_address)

    def intent(self, member: Member) -> int | None:
        """The intent that *member* stays with; None if they are meant anew.

        An address that was edited and put back is the one that was rung: the
        intent of the open attempt is restored.
        """
        if self.address(member.label) == member.to:
            return int(self.entries[member.label].intent)
        address, intent = self.under_way.get(member.label, (None, None))
        return intent if address == member.to else None

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
    events: list[Columns] = field(default_factory=list)


def differs(roster: Roster, row: AnyRow | None) -> bool:
    """Whether *roster* makes a new generation.

    A room whose file left and came back is changed by that alone. One that a
    person released stays released until its roster says something else.
    """
    if row is None or row.content != digest_of(roster):
        return True
    return bool(row.standing == Standing.RELEASED and row.released_by is None)


def revise(
    rows: RowBatch, roster: Roster, before: StoredRoom, load: LoadContext
) -> None:
    """Add to *rows* the next generation of *roster*'s room."""
    generation = before.row.generation + 1 if before.row else 1
    intents = _enlist(rows, roster, before, load.now)
    _dismiss(rows, roster, before, load.now)
    rows.rosters.append(
        {
            **_kept(before, bool(roster.members)),
            **roster_columns(roster),
            **where(roster, load),
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
        }
    )
    rows.events.append(event_columns(_told(roster, before, generation, load)))


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


def _enlist(rows: RowBatch, roster: Roster, before: StoredRoom, now: float) -> int:
    intents: int = before.row.intents if before.row else 0
    reopened = before.reopened(roster)
    for position, member in enumerate(roster.members):
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
                "room": roster.room,
                "position": position,
                "intent": intent,
                "changed_at": now,
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
    roster: Roster, before: StoredRoom, generation: int, load: LoadContext
) -> Event:
    return Event(
        room=roster.room,
        at=load.now,
        kind="roster.changed" if before.row else "roster.loaded",
        message=_difference(roster, before) if before.row else _size(roster),
        cause=load.cause,
        generation=generation,
    )


def _size(roster: Roster) -> str:
    count = len(roster.members)
    return f"Loaded with {count} {'member' if count == 1 else 'members'}."


def _difference(roster: Roster, before: StoredRoom) -> str:
    labels = {each.label for each in roster.members}
    kept = [each for each in roster.members if each.label in before.listed]
    parts = {
        "added": sorted(labels - before.listed),
        "changed": sorted(x.label for x in kept if x != before.member(x.label)),
        "dismissed": sorted(before.listed - labels),
    }
    said = [f"{verb} {', '.join(names)}" for verb, names in parts.items() if names]
    again = before.row is not None and before.row.standing == Standing.RELEASED
    said = ["managed again", *said] if again else said
    text = "; ".join(said) or "the room's own settings changed"
    return f"{text[0].upper()}{text[1:]}."
