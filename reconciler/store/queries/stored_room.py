"""A room as it is stored before a load, and what the load is."""

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import RevisionKind
from reconciler.model.ledger import GuardKind
from reconciler.model.load_result import NO_REPORT, FileReport
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.approved_names import RosterBefore
from reconciler.planning.effective import is_for_a_time
from reconciler.planning.withheld_edits import touched_kinds
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.effective_state import Stated
from reconciler.store.queries.roster_row import member_of, roster_of


class LoadContext(Struct, frozen=True):
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


class StoredRoom(Struct, frozen=True):
    """A room as the store has it: ``row`` is None if it was never loaded.

    ``entries`` are the rows of its members and tombstones by label, ``calls`` what
    ``last_calls`` gives. ``calling`` says that an attempt is open. ``guarded`` says
    that exposures are withheld: those of an edit stay an edit's.
    """

    row: AnyRow | None
    entries: Mapping[str, AnyRow]
    calls: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    guarded: bool = False
    calling: bool = False

    @property
    def listed(self) -> frozenset[str]:
        """The labels of the present generation."""
        rows = self.entries.items()
        return frozenset(label for label, row in rows if row.dismissed_at is None)

    def touched_by(self, after: Roster) -> frozenset[GuardKind]:
        """The withheld kinds that an edit to *after* is about."""
        if self.row is None or self.row.standing == Standing.RELEASED:
            return frozenset(GuardKind)
        listed = self.listed
        before = roster_of(self.row, [self.entries[label] for label in listed])
        return touched_kinds(before, self.entries.keys() - listed, after)

    @property
    def declared(self) -> RosterBefore:
        """What an approval of until now was given on."""
        row, listed = self.row, self.listed
        return RosterBefore(
            {label: member_of(self.entries[label]) for label in listed},
            self.entries.keys() - listed,
            row.unlisted if row else "",
            released=row is not None and row.standing == Standing.RELEASED,
        )

    def member(self, label: str) -> Member | None:
        """The member listed under *label*, or None."""
        return member_of(self.entries[label]) if label in self.listed else None

    def address(self, label: str) -> str | None:
        """Where *label* was called last, as listed or dismissed; None if forgotten.

        While a tombstone exists the call may still be live, so listing the label again
        keeps its intent, and does not call again a person who hangs up later.
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
